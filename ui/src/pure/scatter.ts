/** The latency chart over the spans that match: time to the right, duration upwards on a logarithmic scale. */
import type { Class, SpanRow } from '../api/types'
import { formatDuration, plural } from './format'
import type { Resolved } from './time'
import { type EpochMs, epochMsOfRFC3339, type Nanos, type Px } from './units'

export type Dot = { at: EpochMs; duration: Nanos; class: Class; index: number }

/** The most that are drawn as dots; more are a heatmap. */
export const MOST_DOTS = 2000

export function dotsOf(spans: readonly Pick<SpanRow, 'start' | 'duration_ns' | 'class'>[]): Dot[] {
  return spans.map((s, index) => ({ at: epochMsOfRFC3339(s.start), duration: s.duration_ns, class: s.class, index }))
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
  const share = Math.log(Math.max(frame.low, duration) / frame.low) / Math.log(frame.high / frame.low)
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

/** What the chart says to those who cannot see it. */
export function describe(dots: readonly Dot[]): string {
  if (dots.length === 0) return 'No spans to chart'
  const sorted = dots.map((d) => d.duration).sort((a, b) => a - b)
  const failed = dots.filter((d) => d.class !== 'ok').length
  const at = (p: number) => formatDuration(sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))])
  return `${plural(dots.length, 'span')}, median ${at(0.5)}, 95th percentile ${at(0.95)}, longest ${at(1)}, ${failed} failed`
}

/** The spans that the chart is about: those that match, or the roots where every trace does. */
export function chartQuery(view: 'traces' | 'spans', q: string): string {
  return view === 'traces' && q.trim() === '' ? 'root' : q
}
