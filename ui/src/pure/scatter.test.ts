import { describe as group, expect, it } from 'vitest'
import type { TraceSummary } from '../api/types'
import { brushOf, describe, dotsOf, durationAt, durationTicks, filterDuration, frameOf, nearest, timeAt, withDuration, xOf, yOf } from './scatter'

const trace = (start: string, duration_ns: number, matched_ns = duration_ns): TraceSummary => ({
  trace_id: '1', start, duration_ns, root: null, spans: 1, errors: 0, class: 'ok', services: [], in_progress: false,
  matched: { span_id: '1', service: 's', name: 'n', duration_ns: matched_ns, class: 'fault', start },
})
const traces = [trace('2026-01-01T00:00:00Z', 8e6, 3e6), trace('2026-01-01T00:30:00.5Z', 1.2e9)]
const from = Date.UTC(2026, 0, 1)
const range = { from, to: from + 3_600_000 }
const box = { left: 60, right: 660, top: 10, bottom: 110 }
const dots = dotsOf(traces, false)
const frame = frameOf(dots, range, box)

it('shows whole traces, and with a filter the spans that matched', () => {
  expect(dots.map((d) => d.duration)).toEqual([8e6, 1.2e9])
  expect(dots[1].at).toBe(from + 1_800_500)
  expect(dotsOf(traces, true).map((d) => [d.duration, d.class])).toEqual([[3e6, 'fault'], [1.2e9, 'fault']])
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

group('brushing', () => {
  it('narrows time and duration by a box', () => {
    const b = brushOf(frame, { x: 160, y: 90 }, { x: 60, y: 30 }, 10)
    expect(b?.time).toEqual({ from, to: from + 600_000 })
    expect(b?.duration?.[0]).toBeLessThan(b?.duration?.[1] ?? 0)
  })
  it('leaves a side alone that was hardly moved along', () => {
    expect(brushOf(frame, { x: 160, y: 50 }, { x: 60, y: 55 }, 10)?.duration).toBeNull()
    expect(brushOf(frame, { x: 160, y: 50 }, { x: 163, y: 90 }, 10)?.time).toBeNull()
    expect(brushOf(frame, { x: 160, y: 50 }, { x: 163, y: 52 }, 10)).toBeNull()
  })
  it('stays inside the frame', () => {
    expect(brushOf(frame, { x: -50, y: 0 }, { x: 5000, y: 0 }, 10)?.time).toEqual(range)
  })
  it('becomes a filter', () => {
    expect(withDuration('', [1.234e8, 5e8])).toBe('root and duration >= 120ms and duration <= 500ms')
    expect(withDuration('service = web and duration > 9s', [1e6, 2e9])).toBe('service = web and duration >= 1ms and duration <= 2s')
    expect(filterDuration(45_600)).toBe('46us')
  })
})

it('says in words what it shows', () => {
  expect(describe([])).toBe('No traces to chart')
  expect(describe(dots)).toBe('2 traces, median 1.2 s, 95th percentile 1.2 s, longest 1.2 s, 0 failed')
})
