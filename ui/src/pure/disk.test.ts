import { expect, it } from 'vitest'
import golden from '../../../query/traceapi/testdata/storage.golden.json'
import type { SignalStorage, Storage } from '../api/storage'
import { barsOf, diskShares, diskText, keptText, projectionText } from './disk'

// The server's own answer, see contract.test.ts.
const storage = golden as unknown as Storage
const of = (signal: string): SignalStorage => storage.signals.find((s) => s.signal === signal)!
const plain = (text: string) => text.replaceAll(/\s/g, ' ')

it('says what a signal will come to', () => {
  expect(plain(projectionText(of('traces')))).toBe('180 MiB a day at the rate of the last days: grows to 1.23 GiB.')
  expect(plain(projectionText({ ...of('traces'), basis: 'hour', projected_bytes: 540 << 20 }))).toBe('180 MiB a day at the rate of the last hour: stays at 540 MiB.')
  expect(projectionText(of('logs'))).toBe('')
  expect(projectionText({ ...of('logs'), bytes: 5 })).toBe('Nothing is added now.')
})

it('says how long it is kept', () => {
  expect(keptText(of('traces'))).toBe('7 days, some 3, 30')
  expect(keptText(of('rollups'))).toBe('90 days')
  expect(keptText(of('shared'))).toBe('as long as something names them')
})

it('bars share one scale', () => {
  const bars = barsOf(storage.signals)
  expect(bars.get('traces')!.later).toBe(1)
  expect(bars.get('traces')!.now).toBeCloseTo(540 / 1260)
  expect(bars.get('logs')).toEqual({ now: 0, later: 0 })
})

it('says whether the disk lasts', () => {
  const disk = storage.disk!
  expect(diskText({ ...disk, full_in_days: null }).tone).toBe('ok')
  expect(diskText(disk)).toEqual({ tone: 'ok', text: 'Full in about 42 days at these rates.' })
  expect(diskText({ ...disk, full_in_days: 9 }).tone).toBe('warn')
  expect(diskText({ ...disk, full_in_days: 0.4 })).toEqual({ tone: 'bad', text: 'Full within a day at these rates.' })
  const shares = diskShares(disk, storage.signals)
  expect(shares.others + shares.now).toBeCloseTo(0.4)
  expect(shares.later).toBeGreaterThan(0)
})
