import { expect, it } from 'vitest'
import { describe, dotsOf, durationAt, durationTicks, frameOf, nearest, timeAt, xOf, yOf } from './scatter'

const spans = [
  { start: '2026-01-01T00:00:00Z', duration_ns: 8e6, class: 'ok' as const },
  { start: '2026-01-01T00:30:00.5Z', duration_ns: 1.2e9, class: 'fault' as const },
]
const from = Date.UTC(2026, 0, 1)
const range = { from, to: from + 3_600_000 }
const box = { left: 60, right: 660, top: 10, bottom: 110 }
const dots = dotsOf(spans)
const frame = frameOf(dots, range, box)

it('makes a span a dot', () => {
  expect(dots.map((d) => [d.duration, d.class])).toEqual([[8e6, 'ok'], [1.2e9, 'fault']])
  expect(dots[1].at).toBe(from + 1_800_500)
})

it('frames durations at round figures', () => {
  expect([frame.low, frame.high]).toEqual([5e6, 2e9])
  expect(frameOf([], range, box)).toMatchObject({ low: 1e6, high: 1e9 })
  expect(frameOf([{ at: 0, duration: 0, class: 'ok', index: 0 }], range, box)).toMatchObject({ low: 1000, high: 10_000 })
})

it('goes from values to pixels and back', () => {
  expect(xOf(frame, from)).toBe(60)
  expect(xOf(frame, from + 1_800_000)).toBe(360)
  expect(yOf(frame, 5e6)).toBe(110)
  expect(yOf(frame, 2e9)).toBeCloseTo(10)
  expect(timeAt(frame, 360)).toBe(from + 1_800_000)
  expect(durationAt(frame, yOf(frame, 1e8))).toBeCloseTo(1e8, 0)
})

it('labels decades, and steps within them where there is room', () => {
  expect(durationTicks(frame)).toEqual([1e7, 1e8, 1e9])
  expect(durationTicks({ ...frame, low: 1e6, high: 1e7 })).toEqual([1e6, 2e6, 5e6, 1e7])
})

it('finds the dot under the pointer', () => {
  const x = xOf(frame, dots[1].at)
  const y = yOf(frame, dots[1].duration)
  expect(nearest(dots, frame, x + 4, y - 4, 10)).toBe(dots[1])
  expect(nearest(dots, frame, x + 40, y, 10)).toBeNull()
})

it('says in words what it shows', () => {
  expect(describe([])).toBe('No spans to chart')
  expect(describe(dots)).toBe('2 spans, median 1.2 s, 95th percentile 1.2 s, longest 1.2 s, 1 failed')
})
