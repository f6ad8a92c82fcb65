/** The latency chart over the result: time to the right, duration upwards on a logarithmic scale. */
import type { Class, TraceSummary } from '../api/types'
import { formatDuration } from './format'
import { replaceKey } from './query'
import type { Resolved } from './time'
import { type EpochMs, epochMsOfRFC3339, type Nanos, type Px } from './units'

export type Dot = { at: EpochMs; duration: Nanos; class: Class; index: number }

/**
 * A trace is one dot. While everything is shown that is the whole trace; with a filter it is the span that matched,
 * because a duration brushed on the chart then becomes a condition on that span.
 */
export function dotsOf(traces: readonly TraceSummary[], filtered: boolean): Dot[] {
  return traces.map((t, index) =>
    filtered
      ? { at: epochMsOfRFC3339(t.matched.start), duration: t.matched.duration_ns, class: t.matched.class, index }
      : { at: epochMsOfRFC3339(t.start), duration: t.duration_ns, class: t.class, index },
  )
}

export type Frame = { left: Px; right: Px; top: Px; bottom: Px; from: EpochMs; to: EpochMs; low: Nanos; high: Nanos }

/** The plot's frame: durations rounded outwards to 1, 2 or 5 times a power of ten, at least one such step apart. */
export function frameOf(dots: readonly Dot[], range: Resolved, box: { left: Px; right: Px; top: Px; bottom: Px }): Frame {
  let low = Infinity
  let high = 0
  for (const d of dots) {
    const ns = Math.max(1000, d.duration)
    if (ns < low) low = ns
    if (ns > high) high = ns
  }
  if (low === Infinity) return { ...box, ...range, low: 1e6, high: 1e9 }
  const l = roundDown(low)
  const h = roundUp(high)
  return { ...box, ...range, low: l, high: h > l ? h : l * 10 }
}

const STEPS = [1, 2, 5]

function roundDown(ns: Nanos): Nanos {
  const power = 10 ** Math.floor(Math.log10(ns))
  return power * (STEPS.findLast((s) => s * power <= ns * 1.0000001) ?? 1)
}

function roundUp(ns: Nanos): Nanos {
  const power = 10 ** Math.floor(Math.log10(ns))
  return power * (STEPS.find((s) => s * power >= ns * 0.9999999) ?? 10)
}

export function xOf(frame: Frame, at: EpochMs): Px {
  return frame.left + ((at - frame.from) / (frame.to - frame.from)) * (frame.right - frame.left)
}

export function yOf(frame: Frame, duration: Nanos): Px {
  const share = Math.log(Math.max(1000, duration) / frame.low) / Math.log(frame.high / frame.low)
  return frame.bottom - share * (frame.bottom - frame.top)
}

export function timeAt(frame: Frame, x: Px): EpochMs {
  return frame.from + ((x - frame.left) / (frame.right - frame.left)) * (frame.to - frame.from)
}

export function durationAt(frame: Frame, y: Px): Nanos {
  const share = (frame.bottom - y) / (frame.bottom - frame.top)
  return frame.low * (frame.high / frame.low) ** share
}

/** Durations to write beside the chart: powers of ten, and halves between them where there is room. */
export function durationTicks(frame: Frame): Nanos[] {
  const decades = Math.log10(frame.high / frame.low)
  const steps = decades > 2.5 ? [1] : decades > 1.2 ? [1, 5] : STEPS
  const out: Nanos[] = []
  for (let power = 10 ** Math.floor(Math.log10(frame.low)); power <= frame.high; power *= 10) {
    for (const s of steps) if (s * power >= frame.low * 0.999 && s * power <= frame.high * 1.001) out.push(s * power)
  }
  return out
}

/** The dot nearest to a point, if one is within `reach`. */
export function nearest(dots: readonly Dot[], frame: Frame, x: Px, y: Px, reach: Px): Dot | null {
  let best: Dot | null = null
  let bestDistance = reach * reach
  for (const d of dots) {
    const dx = xOf(frame, d.at) - x
    const dy = yOf(frame, d.duration) - y
    const distance = dx * dx + dy * dy
    if (distance <= bestDistance) {
      best = d
      bestDistance = distance
    }
  }
  return best
}

/** What a dragged box asks for: a time, a duration, or both; a side shorter than `least` does not count. */
export type Brush = { time: Resolved | null; duration: [Nanos, Nanos] | null }

export function brushOf(frame: Frame, a: { x: Px; y: Px }, b: { x: Px; y: Px }, least: Px): Brush | null {
  const x1 = Math.max(frame.left, Math.min(a.x, b.x))
  const x2 = Math.min(frame.right, Math.max(a.x, b.x))
  const y1 = Math.max(frame.top, Math.min(a.y, b.y))
  const y2 = Math.min(frame.bottom, Math.max(a.y, b.y))
  const time = x2 - x1 >= least ? { from: timeAt(frame, x1), to: timeAt(frame, x2) } : null
  const duration: [Nanos, Nanos] | null = y2 - y1 >= least ? [durationAt(frame, y2), durationAt(frame, y1)] : null
  return time === null && duration === null ? null : { time, duration }
}

/** A duration as the filter language writes it, rounded to two digits outwards or inwards as asked. */
export function filterDuration(ns: Nanos): string {
  const unit = ns >= 1e9 ? 1e9 : ns >= 1e6 ? 1e6 : 1e3
  const value = Number((ns / unit).toPrecision(2))
  return `${value}${unit === 1e9 ? 's' : unit === 1e6 ? 'ms' : 'us'}`
}

/** The filter narrowed to the brushed durations. Without a filter the brush means whole traces, so it asks for the root. */
export function withDuration(q: string, [low, high]: [Nanos, Nanos]): string {
  const conditions = [`duration >= ${filterDuration(low)}`, `duration <= ${filterDuration(high)}`]
  return replaceKey(q, 'duration', q.trim() === '' ? ['root', ...conditions] : conditions)
}

/** What the chart says to those who cannot see it. */
export function describe(dots: readonly Dot[]): string {
  if (dots.length === 0) return 'No traces to chart'
  const sorted = dots.map((d) => d.duration).sort((a, b) => a - b)
  const failed = dots.filter((d) => d.class !== 'ok').length
  const at = (p: number) => formatDuration(sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))])
  return `${dots.length} traces, median ${at(0.5)}, 95th percentile ${at(0.95)}, longest ${at(1)}, ${failed} failed`
}
