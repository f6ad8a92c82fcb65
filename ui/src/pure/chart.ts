/** Geometry of the charts over time: values in, pixels out. */
import type { EpochMs, Px } from './units'

export type Box = { left: Px; right: Px; top: Px; bottom: Px }

/** The next round number above, whose half is round as well. */
export function niceMax(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((s) => s * power >= value * 0.999999) ?? 10
  return step * power
}

/** The same for durations in ns, whose round numbers are those of the unit they are written in. */
export function niceDurationMax(ns: number): number {
  if (ns <= 60e9) return niceMax(ns)
  const minute = 60e9
  return [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440].map((m) => m * minute).find((m) => m >= ns) ?? niceMax(ns / (24 * 60 * minute)) * 24 * 60 * minute
}

/** Three ticks: none, half, all. More lines would not be read. */
export function ticksOf(max: number): number[] {
  return [0, max / 2, max]
}

export function yOf(box: Box, max: number, value: number): Px {
  return box.bottom - (Math.min(value, max) / max) * (box.bottom - box.top)
}

/** Where a moment lies in a chart of `count` steps. */
export function xOf(box: Box, start: EpochMs, stepMs: number, count: number, at: EpochMs): Px {
  return box.left + ((at - start) / (stepMs * Math.max(1, count))) * (box.right - box.left)
}

export function timeAt(box: Box, start: EpochMs, stepMs: number, count: number, x: Px): EpochMs {
  return start + ((x - box.left) / (box.right - box.left)) * stepMs * count
}

/** The step under a pixel, or null outside of the plot. */
export function indexAt(box: Box, count: number, x: Px): number | null {
  if (count === 0 || x < box.left || x > box.right) return null
  return Math.min(count - 1, Math.floor(((x - box.left) / (box.right - box.left)) * count))
}

/** Lower and upper edges of each series laid on the ones before. */
export function stack(series: readonly (readonly number[])[]): { low: number[]; high: number[] }[] {
  const base: number[] = []
  return series.map((values) => {
    const low = values.map((_, i) => base[i] ?? 0)
    const high = values.map((v, i) => (base[i] = (base[i] ?? 0) + v))
    return { low, high }
  })
}

/** The parts of a line between gaps, as stretches of indices; a gap is a null. */
export function runs(values: readonly (number | null)[]): [from: number, to: number][] {
  const out: [number, number][] = []
  let from = -1
  for (let i = 0; i <= values.length; i++) {
    const there = i < values.length && values[i] !== null
    if (there && from < 0) from = i
    if (!there && from >= 0) {
      out.push([from, i - 1])
      from = -1
    }
  }
  return out
}

/** The `d` of a small line in a box of `width` by `height`; flat along the bottom where there is nothing. */
export function sparkPath(values: readonly number[], width: Px, height: Px, max = Math.max(...values, 0)): string {
  if (values.length === 0) return ''
  const dx = values.length === 1 ? 0 : width / (values.length - 1)
  const y = (v: number) => (max > 0 ? height - 1 - (v / max) * (height - 2) : height - 1)
  return values.map((v, i) => `${i === 0 ? 'M' : 'L'}${round(i * dx)} ${round(y(v))}`).join('')
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}

/** At most `count` values, each the highest of its stretch, so that a spike survives. */
export function thin(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values]
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count)
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / count))
    return Math.max(...values.slice(from, to))
  })
}
