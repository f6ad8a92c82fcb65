// The part of a trace's time that is on screen, and the way between ns and px.
import type { Nanos, Px } from './units'

/** A window [from, to] in ns after the trace's start. */
export interface View {
  readonly from: Nanos
  readonly to: Nanos
}

/** Nothing narrower than this is worth looking at: 100 ns. */
export const MIN_SPAN: Nanos = 100

export function wholeView(duration: Nanos): View {
  return { from: 0, to: Math.max(1, duration) }
}

export function isWhole(view: View, duration: Nanos): boolean {
  return view.from <= 0 && view.to >= duration
}

/** Keeps a view inside the trace and not narrower than MIN_SPAN. */
export function clampView(view: View, duration: Nanos): View {
  const whole = Math.max(1, duration)
  const wanted = Math.max(view.to - view.from, Math.min(MIN_SPAN, whole))
  if (wanted >= whole) return { from: 0, to: whole }
  const from = Math.min(Math.max(0, view.from), whole - wanted)
  return { from, to: from + wanted }
}

/** Zooms by a factor (< 1 = closer) and keeps the moment `at` under the pointer. */
export function zoomAt(view: View, at: Nanos, factor: number, duration: Nanos): View {
  const from = at - (at - view.from) * factor
  return clampView({ from, to: from + (view.to - view.from) * factor }, duration)
}

/** Moves by a share of the window's width. */
export function pan(view: View, share: number, duration: Nanos): View {
  const by = (view.to - view.from) * share
  return clampView({ from: view.from + by, to: view.to + by }, duration)
}

/** A window around [start, end] with air on both sides. */
export function fit(start: Nanos, end: Nanos, duration: Nanos): View {
  const air = Math.max((end - start) * 0.15, MIN_SPAN / 2)
  return clampView({ from: start - air, to: end + air }, duration)
}

/** Moves the window only as far as needed to show [start, end]. */
export function bringIn(view: View, start: Nanos, end: Nanos, duration: Nanos): View {
  if (end >= view.from && start <= view.to) return view
  const width = view.to - view.from
  const from = start < view.from ? start - width * 0.1 : end - width * 0.9
  return clampView({ from, to: from + width }, duration)
}

/** Moves one edge of the window; it stops short of the other. */
export function moveEdge(view: View, side: 'from' | 'to', at: Nanos, duration: Nanos): View {
  const inside = Math.min(Math.max(0, at), duration)
  return side === 'from'
    ? clampView({ from: Math.min(inside, view.to - MIN_SPAN), to: view.to }, duration)
    : clampView({ from: view.from, to: Math.max(inside, view.from + MIN_SPAN) }, duration)
}

/**
 * The windows that lead from the whole trace to the one in view, each within the one before. A window within the last
 * goes behind it; one that is about as wide takes its place; any other goes behind the last that holds it.
 */
export function zoomTrail(trail: readonly View[], view: View, duration: Nanos): View[] {
  if (isWhole(view, duration)) return []
  const holding = trail.filter((v) => v.from <= view.from && v.to >= view.to)
  return [...holding.filter((v) => v.to - v.from > 1.25 * (view.to - view.from)), view].slice(-5)
}

export function toPx(view: View, width: Px, at: Nanos): Px {
  return ((at - view.from) / (view.to - view.from)) * width
}

export function toNanos(view: View, width: Px, x: Px): Nanos {
  return view.from + (x / Math.max(1, width)) * (view.to - view.from)
}

/** Round moments for the ruler: about one per `gap` px, steps of 1, 2 or 5. */
export function ticks(view: View, width: Px, gap: Px = 110): Nanos[] {
  const span = view.to - view.from
  const step = niceStep((span / Math.max(1, width)) * gap)
  const out: Nanos[] = []
  for (let k = Math.ceil(view.from / step); k * step <= view.to; k++) out.push(k * step)
  return out
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1)))
  for (const m of [1, 2, 5, 10]) if (m * power >= raw) return m * power
  return 10 * power
}

/** `zoom=a,b` in whole ns; undefined for the whole trace or nonsense. */
export function parseZoom(text: string | undefined, duration: Nanos): View | undefined {
  const m = /^(\d+),(\d+)$/.exec(text ?? '')
  if (!m) return undefined
  const from = Number(m[1])
  const to = Number(m[2])
  return to > from && from < duration ? clampView({ from, to }, duration) : undefined
}

export function printZoom(view: View, duration: Nanos): string | undefined {
  return isWhole(view, duration) ? undefined : `${Math.floor(view.from)},${Math.ceil(view.to)}`
}
