/** A box on the latency chart: some time, some durations, either or both. It is a part of the URL. */
import { formatClock, formatDuration } from './format'
import { andAlso, replaceKey } from './query'
import { durationAt, type Frame, timeAt } from './scatter'
import { type Range, type Resolved, resolveTime } from './time'
import type { EpochMs, Nanos, Px } from './units'

/** Null is an open side. */
export type Brush = { from: EpochMs | null; to: EpochMs | null; low: Nanos | null; high: Nanos | null }

/** As the URL has it: from, to in ms since 1970, low, high in ns; 0 is an open side. */
export type BrushParam = [number, number, number, number]

export function paramOf(b: Brush): BrushParam {
  return [Math.floor(b.from ?? 0), Math.ceil(b.to ?? 0), Math.round(b.low ?? 0), Math.round(b.high ?? 0)]
}

export function brushOfParam([from, to, low, high]: BrushParam): Brush {
  const side = (n: number) => (n > 0 ? n : null)
  return { from: side(from), to: side(to), low: side(low), high: side(high) }
}

/** What a drag from `a` to `b` means: a side shorter than `least` is left alone. Null for a mere click. */
export function brushOf(frame: Frame, a: { x: Px; y: Px }, b: { x: Px; y: Px }, least: Px): Brush | null {
  const x1 = Math.max(frame.left, Math.min(a.x, b.x))
  const x2 = Math.min(frame.right, Math.max(a.x, b.x))
  const y1 = Math.max(frame.top, Math.min(a.y, b.y))
  const y2 = Math.min(frame.bottom, Math.max(a.y, b.y))
  const timed = x2 - x1 >= least
  const lasting = y2 - y1 >= least
  if (!timed && !lasting) return null
  return {
    from: timed ? timeAt(frame, x1) : null,
    to: timed ? timeAt(frame, x2) : null,
    low: lasting ? round(durationAt(frame, y2)) : null,
    high: lasting ? round(durationAt(frame, y1)) : null,
  }
}

/** To three digits, so that a filter made of it can be read. */
function round(ns: Nanos): Nanos {
  return Number(ns.toPrecision(3))
}

/** A duration as the filter language writes it. */
export function filterDuration(ns: Nanos): string {
  const [unit, name] = ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : ns >= 1e3 ? [1e3, 'us'] : [1, 'ns']
  return `${Number((ns / unit).toPrecision(3))}${name}`
}

function conditions({ low, high }: Brush): string[] {
  return [...(low === null ? [] : [`duration >= ${filterDuration(low)}`]), ...(high === null ? [] : [`duration <= ${filterDuration(high)}`])]
}

/** The durations as a filter; empty where every duration will do. */
export function durationFilter(b: Brush): string {
  return conditions(b).join(' and ')
}

/** A filter and the box: what the list shows. */
export function within(q: string, b: Brush | null): string {
  return b === null ? q : conditions(b).reduce(andAlso, q.trim())
}

/** A filter narrowed to the box for good: what it said about durations before gives way. */
export function narrowed(q: string, b: Brush): string {
  const durations = conditions(b)
  return durations.length === 0 ? q : replaceKey(q, 'duration', durations)
}

/** The range with the box's sides where it has them. */
export function rangeWithin(range: Range, b: Brush | null): Range {
  if (b === null) return range
  return { from: b.from === null ? range.from : String(Math.floor(b.from)), to: b.to === null ? range.to : String(Math.ceil(b.to)) }
}

/** `14:03:10 – 14:05:02`, `from 14:03:10`, `500 ms – 2 s`, `at least 500 ms`: time first, each where it is limited. */
export function describeBrush(b: Brush): string[] {
  const clock = (ms: EpochMs) => formatClock(ms, false)
  return [between(b.from, b.to, clock, 'from', 'until'), between(b.low, b.high, formatDuration, 'at least', 'at most')].filter((w) => w !== '')
}

function between(a: number | null, b: number | null, print: (n: number) => string, from: string, until: string): string {
  if (a !== null && b !== null) return `${print(a)} – ${print(b)}`
  if (a !== null) return `${from} ${print(a)}`
  return b === null ? '' : `${until} ${print(b)}`
}

/** Reads a typed duration: `500ms`, `1.5 s`, `2m`; a bare number is in ms. Null for nothing, NaN for what is none. */
export function readDuration(text: string): Nanos | null {
  const t = text.trim().toLowerCase()
  if (t === '') return null
  const m = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s|m|min|h)?$/.exec(t)
  if (m === null) return NaN
  const unit: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9 }
  return Number(m[1]) * unit[m[2] ?? 'ms']
}

/**
 * Reads a typed moment: a time of day on a day of the range, or whatever a range may be given as. Null for nothing, NaN
 * for what is none. Where the range spans midnight the later day is meant, unless that were past its end.
 */
export function readMoment(text: string, range: Resolved): EpochMs | null {
  const t = text.trim()
  if (t === '') return null
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(t)
  if (time === null) return resolveTime(t, range.to) ?? NaN
  const on = (day: EpochMs) => new Date(day).setHours(Number(time[1]), Number(time[2]), Number(time[3] ?? 0), 0)
  return on(range.to) <= range.to ? on(range.to) : on(range.from)
}

/** The typed sides put together; null where they contradict each other, or say nothing. */
export function brushOfSides(from: EpochMs | null, to: EpochMs | null, low: Nanos | null, high: Nanos | null): Brush | null {
  const sides = [from, to, low, high]
  if (sides.every((s) => s === null) || sides.some((s) => s !== null && !Number.isFinite(s))) return null
  if ((from !== null && to !== null && from >= to) || (low !== null && high !== null && low >= high)) return null
  return { from, to, low, high }
}

/** Whether a moment and a duration lie in the box. */
export function inBrush(b: Brush, at: EpochMs, duration: Nanos): boolean {
  return (b.from === null || at >= b.from) && (b.to === null || at < b.to) && (b.low === null || duration >= b.low) && (b.high === null || duration <= b.high)
}

/** The box with its open sides closed by a frame. */
export function closed(b: Brush, frame: Resolved & { low: Nanos; high: Nanos }): { from: EpochMs; to: EpochMs; low: Nanos; high: Nanos } {
  return {
    from: Math.max(b.from ?? frame.from, frame.from),
    to: Math.min(b.to ?? frame.to, frame.to),
    low: Math.max(b.low ?? frame.low, frame.low),
    high: Math.min(b.high ?? frame.high, frame.high),
  }
}
