import { describe, expect, it } from 'vitest'
import type { Deployment, Stats } from '../api/types'
import { badBands, headlineOf, laneOf, timeShares, verdictOf } from './deploys'

const stats = (requests: number, fault = 0, p95_ns = 20e6): Stats => ({ requests, ok: requests - fault, error: 0, throttle: 0, fault, rate: 1, avg_ns: 10e6, p50_ns: 5e6, p95_ns, p99_ns: p95_ns, histogram: [] })
const deployment = (at: string, until: string | null, before: Stats, after: Stats, version = '2'): Deployment => ({ version, previous: '1', at, until, before, after })

describe('verdictOf', () => {
  const verdict = (before: Stats, after: Stats) => verdictOf({ before, after })
  it('tells worse from better, and says what', () => {
    expect(verdict(stats(300, 1), stats(100, 33))).toMatchObject({ tone: 'worse', changes: [expect.stringContaining('33')] })
    expect(verdict(stats(300, 90), stats(300, 1)).tone).toBe('better')
    expect(verdict(stats(300), stats(300, 0, 80e6))).toMatchObject({ tone: 'worse', changes: [expect.stringContaining('p95')] })
    expect(verdict(stats(300, 0, 80e6), stats(300)).tone).toBe('better')
  })
  it('takes neither chance nor what nobody feels for news', () => {
    expect(verdict(stats(100, 1), stats(100, 3)).tone).toBe('same')
    expect(verdict(stats(1e6, 100), stats(1e6, 600)).tone).toBe('same')
    expect(verdict(stats(300, 0, 1e6), stats(300, 0, 4e6)).tone).toBe('same')
    expect(verdict(stats(300), stats(5, 5)).tone).toBe('unsure')
  })
  it('failing fast is no improvement', () => {
    expect(verdict(stats(300, 0, 80e6), stats(300, 100, 2e6)).tone).toBe('worse')
  })
})

describe('headlineOf', () => {
  const good = deployment('2026-11-22T12:10:00Z', null, stats(100, 40), stats(100), '1')
  const bad = deployment('2026-11-22T12:05:00Z', '2026-11-22T12:10:00Z', stats(100), stats(100, 40))
  it('speaks of the bad one first', () => {
    expect(headlineOf([good, bad, bad])).toMatchObject({ latest: bad, running: false, bad: 2 })
    expect(headlineOf([good])).toMatchObject({ latest: good, running: true, bad: 0 })
    expect(headlineOf([])).toBeNull()
  })
  it('shades the time of the bad ones', () => {
    expect(badBands([good, bad], 9e15)).toEqual([{ from: Date.parse(bad.at), to: Date.parse(bad.until ?? ''), label: '2' }])
    expect(badBands([{ ...bad, until: null }], 9e15)[0].to).toBe(9e15)
  })
})

it('the lane has shares, and sums up the many', () => {
  const version = (name: string, requests: number[]) => ({ name, first_seen: '', last_seen: '', stats: stats(1), series: { step_s: 60, start: '', requests, fault: [], failed: [], p95_ns: [] } })
  expect(laneOf({ versions: [version('b', [0, 1]), version('a', [4, 3])] })).toEqual([{ name: 'a', total: 7, shares: [1, 0.75] }, { name: 'b', total: 1, shares: [0, 0.25] }])
  const many = laneOf({ versions: Array.from({ length: 12 }, (_, i) => version(`v${i}`, [1])) })
  expect(many).toHaveLength(9)
  expect(many[8]).toMatchObject({ name: 'others', total: 4 })
  expect(laneOf({ versions: [] })).toEqual([])
})

it('time goes to calls or stays; messages do not keep anybody waiting', () => {
  const call = (requests: number, async = false) => ({ stats: stats(requests), async })
  expect(timeShares(stats(100), [call(25), call(50), call(100, true)])).toEqual({ own: 0.25, calls: [0.25, 0.5, 0], overlapping: false })
  expect(timeShares(stats(100), [call(100), call(100)])).toEqual({ own: 0, calls: [0.5, 0.5], overlapping: true })
  expect(timeShares(stats(0), [call(0)])).toEqual({ own: 0, calls: [0], overlapping: false })
})
