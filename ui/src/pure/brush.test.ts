import { expect, it } from 'vitest'
import { type Brush, brushOf, brushOfParam, brushOfSides, closed, describeBrush, durationFilter, filterDuration, inBrush, narrowed, paramOf, rangeWithin, readDuration, readMoment, within } from './brush'
import type { Frame } from './scatter'

const frame: Frame = { left: 0, right: 100, top: 0, bottom: 100, from: 1_000_000, to: 2_000_000, low: 1e6, high: 1e8 }
const none: Brush = { from: null, to: null, low: null, high: null }

it('reads a drag as a time, durations, or both', () => {
  expect(brushOf(frame, { x: 10, y: 50 }, { x: 60, y: 52 }, 10)).toEqual({ from: 1_100_000, to: 1_600_000, low: null, high: null })
  expect(brushOf(frame, { x: 50, y: 100 }, { x: 52, y: 50 }, 10)).toEqual({ from: null, to: null, low: 1e6, high: 1e7 })
  expect(brushOf(frame, { x: -20, y: 130 }, { x: 200, y: -9 }, 10)).toEqual({ from: 1_000_000, to: 2_000_000, low: 1e6, high: 1e8 })
  expect(brushOf(frame, { x: 10, y: 10 }, { x: 12, y: 12 }, 10)).toBeNull()
})

it('stands in the URL and comes back', () => {
  for (const b of [none, { ...none, from: 1, to: 2 }, { ...none, low: 5e6 }, { from: 1, to: 2, low: 3, high: 4 }]) expect(brushOfParam(paramOf(b))).toEqual(b)
})

it('becomes a filter and a range', () => {
  const b: Brush = { from: 1_100_000.4, to: null, low: 5.5e8, high: 2.1e9 }
  expect(durationFilter(b)).toBe('duration >= 550ms and duration <= 2.1s')
  expect(durationFilter(none)).toBe('')
  expect(within('a = 1 or b = 2', b)).toBe('(a = 1 or b = 2) and duration >= 550ms and duration <= 2.1s')
  expect(within('', { ...b, low: null })).toBe('duration <= 2.1s')
  expect(within('x', null)).toBe('x')
  expect(narrowed('service = web and duration > 10ms', b)).toBe('service = web and duration >= 550ms and duration <= 2.1s')
  expect(narrowed('duration > 10ms', { ...none, from: 1 })).toBe('duration > 10ms')
  expect(rangeWithin({ from: 'now-1h', to: 'now' }, b)).toEqual({ from: '1100000', to: 'now' })
  expect(rangeWithin({ from: 'now-1h', to: 'now' }, null)).toEqual({ from: 'now-1h', to: 'now' })
})

it('writes durations for the filter', () => {
  expect([800, 4_500, 12_340_000, 1_234_000_000].map(filterDuration)).toEqual(['800ns', '4.5us', '12.3ms', '1.23s'])
})

it('reads what is typed', () => {
  expect(['', '500', '500ms', '1.5 s', '2m', '3us', '4µs', '1h'].map(readDuration)).toEqual([null, 5e8, 5e8, 1.5e9, 120e9, 3e3, 4e3, 3600e9])
  expect(readDuration('soon')).toBeNaN()
  expect(brushOfSides(null, null, null, null)).toBeNull()
  expect(brushOfSides(2, 1, null, null)).toBeNull()
  expect(brushOfSides(null, null, NaN, null)).toBeNull()
  expect(brushOfSides(null, null, 5, null)).toEqual({ ...none, low: 5 })
})

it('reads a time of day within the range', () => {
  const at = (d: number, h: number, m = 0, s = 0) => new Date(2026, 4, d, h, m, s).getTime()
  const night = { from: at(4, 22), to: at(5, 2) }
  expect(readMoment('23:30', night)).toBe(at(4, 23, 30))
  expect(readMoment('1:00:05', night)).toBe(at(5, 1, 0, 5))
  expect(readMoment(' ', night)).toBeNull()
  expect(readMoment('later', night)).toBeNaN()
  expect(readMoment('now-1h', night)).toBe(at(5, 1))
})

it('says what it holds', () => {
  expect(describeBrush({ ...none, low: 5e8, high: 2e9 })).toEqual(['500 ms – 2 s'])
  expect(describeBrush({ ...none, low: 5e8 })).toEqual(['at least 500 ms'])
  expect(describeBrush({ ...none, from: 0, to: 60_000 })[0]).toMatch(/^\d\d:\d\d:\d\d – \d\d:\d\d:\d\d$/)
  const b: Brush = { from: 10, to: 20, low: 5, high: 6 }
  expect([inBrush(b, 10, 5), inBrush(b, 20, 5), inBrush(b, 15, 7), inBrush(none, 0, 0)]).toEqual([true, false, false, true])
  expect(closed({ ...none, low: 1e7 }, frame)).toEqual({ from: frame.from, to: frame.to, low: 1e7, high: 1e8 })
})
