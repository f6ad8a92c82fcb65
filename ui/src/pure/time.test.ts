import { describe, expect, it } from 'vitest'
import { describeRange, isRelative, parseRange, pin, PRESETS, previous, type Range, rangeOf, resolveRange, resolveTime, shift, tickLabel, timeTicks, zoomOut } from './time'

// A Sunday afternoon in the zone of whoever runs the tests.
const now = new Date(2026, 10, 22, 15, 30, 0).getTime()
const local = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime()
const hour = 3_600_000

describe('resolveTime', () => {
  const f = (text: string, want: number | null) => it(`reads ${text}`, () => expect(resolveTime(text, now)).toBe(want))
  f('now', now)
  f('now-15m', now - 900_000)
  f('now+1h', now + hour)
  f('now-2w', now - 14 * 24 * hour)
  f('2026-11-22T10:00:00Z', Date.UTC(2026, 10, 22, 10))
  f('2026-11-22T10:00:00.123456789Z', Date.UTC(2026, 10, 22, 10, 0, 0, 123))
  f('2026-11-22', local(2026, 10, 22))
  f('2026-11-22 10:00', local(2026, 10, 22, 10))
  f('1795300000', 1_795_300_000_000)
  f('1795300000000', 1_795_300_000_000)
  f('1795300000000000', 1_795_300_000_000)
  f('1795300000000000000', 1_795_300_000_000)
  f('12', null)
  f('', null)
  f('now-', null)
  f('now-5y', null)
  f('yesterday', null)
})

describe('parseRange', () => {
  const f = (text: string, want: Range | null) => it(`reads ${text}`, () => expect(parseRange(text, now)).toEqual(want))
  f('15m', { from: 'now-15m', to: 'now' })
  f('2 hours', { from: 'now-2h', to: 'now' })
  f('last 3 days', { from: 'now-3d', to: 'now' })
  f('45min', { from: 'now-45m', to: 'now' })
  f('now-1h', { from: 'now-1h', to: 'now' })
  f('now-1d to now', { from: 'now-1d', to: 'now' })
  f('-2h to -1h', { from: 'now-2h', to: 'now-1h' })
  f('now-2h..now-1h', { from: 'now-2h', to: 'now-1h' })
  f('2026-11-22 10:00 to 11:00', { from: String(local(2026, 10, 22, 10)), to: String(local(2026, 10, 22, 11)) })
  f('2026-11-21 to 2026-11-22', { from: String(local(2026, 10, 21)), to: String(local(2026, 10, 22)) })
  f('2026-11-22T10:00:00Z to 2026-11-22T10:05:00z', { from: String(Date.UTC(2026, 10, 22, 10)), to: String(Date.UTC(2026, 10, 22, 10, 5)) })
  f('1795300000 to 1795300060', { from: '1795300000000', to: '1795300060000' })
  f('yesterday', { from: String(local(2026, 10, 21)), to: String(local(2026, 10, 22)) })
  f('Today', { from: String(local(2026, 10, 22)), to: 'now' })
  f('this week', { from: String(local(2026, 10, 16)), to: 'now' })
  f('yesterday to now', { from: String(local(2026, 10, 21)), to: 'now' })
  f('', null)
  f('soon', null)
  f('now to now-1h', null)
  f('now', null)
  f('0m', null)
  f('a to b to c', null)
})

it('falls back to the last hour where a range makes no sense', () => {
  expect(resolveRange({ from: 'x', to: 'now' }, now)).toEqual({ from: now - hour, to: now })
  expect(resolveRange({ from: 'now', to: 'now-1h' }, now)).toEqual({ from: now - hour, to: now })
})

it('pins relative ranges and leaves absolute ones', () => {
  expect(pin({ from: 'now-1h', to: 'now' }, now)).toEqual({ from: String(now - hour), to: String(now) })
  expect(pin({ from: String(now - 5), to: String(now) }, now)).toEqual({ from: String(now - 5), to: String(now) })
  expect(isRelative({ from: 'now-1h', to: 'now' })).toBe(true)
  expect(isRelative(pin({ from: 'now-1h', to: 'now' }, now))).toBe(false)
})

it('zooms out about the middle, never past now', () => {
  expect(zoomOut({ from: 'now-1h', to: 'now' }, now)).toEqual({ from: 'now-2h', to: 'now' })
  expect(zoomOut({ from: 'now-45m', to: 'now' }, now)).toEqual({ from: 'now-90m', to: 'now' })
  const old = { from: String(now - 10 * hour), to: String(now - 8 * hour) }
  expect(zoomOut(old, now)).toEqual({ from: String(now - 11 * hour), to: String(now - 7 * hour) })
  const late = { from: String(now - 2 * hour), to: String(now) }
  expect(zoomOut(late, now)).toEqual({ from: String(now - 4 * hour), to: String(now) })
})

it('shifts by half, never past now', () => {
  expect(shift({ from: 'now-2h', to: 'now' }, -1, now)).toEqual({ from: String(now - 3 * hour), to: String(now - hour) })
  expect(shift({ from: 'now-2h', to: 'now' }, 1, now)).toEqual({ from: String(now - 2 * hour), to: String(now) })
})

it('compares with the same length right before', () => {
  expect(previous({ from: 'now-1h', to: 'now' }, now)).toEqual({ from: 'now-2h', to: 'now-1h' })
  expect(previous({ from: 'now-7d', to: 'now' }, now)).toEqual({ from: 'now-2w', to: 'now-1w' })
  expect(previous({ from: String(now - 2000), to: String(now - 1000) }, now)).toEqual({ from: String(now - 3000), to: String(now - 2000) })
})

it('makes ranges of whole milliseconds in order', () => {
  expect(rangeOf(20.7, 10.2)).toEqual({ from: '10', to: '21' })
  expect(rangeOf(10, 10)).toEqual({ from: '10', to: '11' })
})

it('names ranges the way people do', () => {
  const f = (range: Range, want: string) => expect(describeRange(range, now)).toBe(want)
  for (const p of PRESETS) f(p.range, p.label)
  f({ from: 'now-45m', to: 'now' }, 'Last 45 minutes')
  f({ from: 'now-1w', to: 'now' }, 'Last 1 week')
  f({ from: 'now-2h', to: 'now-1h' }, '2 hours to 1 hour ago')
  f({ from: 'now-1h', to: 'now+5m' }, 'now-1h to now+5m')
  f({ from: String(local(2026, 10, 22, 10)), to: String(local(2026, 10, 22, 11)) }, '22 Nov 10:00 – 11:00')
  f({ from: String(local(2026, 10, 22, 10)), to: String(local(2026, 10, 22, 10) + 90_000) }, '22 Nov 10:00:00 – 10:01:30')
  f({ from: String(local(2026, 10, 21, 10)), to: String(local(2026, 10, 22, 11)) }, '21 Nov 10:00 – 22 Nov 11:00')
})

it('every preset can be read back from its label', () => {
  for (const p of PRESETS) expect(resolveTime(p.range.from, now)).not.toBeNull()
})

it('puts time ticks at round moments', () => {
  const { at, step } = timeTicks(local(2026, 10, 22, 10, 3), local(2026, 10, 22, 11, 3), 6)
  expect(step).toBe(600_000)
  expect(at.map((t) => tickLabel(t, step))).toEqual(['10:10', '10:20', '10:30', '10:40', '10:50', '11:00'])
  expect(tickLabel(local(2026, 10, 22), hour)).toBe('22 Nov')
  expect(tickLabel(local(2026, 10, 22, 10) + 1500, 500)).toBe('10:00:01.500')
  expect(tickLabel(local(2026, 10, 22, 10) + 2000, 2000)).toBe('10:00:02')
  expect(timeTicks(0, 86_400_000 * 400, 5).at.length).toBeLessThan(20)
})
