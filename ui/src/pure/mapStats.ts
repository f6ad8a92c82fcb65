// Figures of the map: shares, quantiles from buckets, and sums over several nodes or edges.
import type { Class, Stats } from '../api/types'
import type { Nanos } from './units'

export type Histogram = readonly (readonly [Nanos, Nanos, number])[]

/** The order of the ring's arcs, clockwise from the top. */
export const RING: readonly Class[] = ['ok', 'error', 'fault', 'throttle']

export function share(stats: Stats | null, what: Class): number {
  return stats === null || stats.requests <= 0 ? 0 : stats[what] / stats.requests
}

/**
 * Share of requests that were the callee's fault or were turned away: what makes a node or an edge red, and a trouble. An error (4xx) is
 * its caller's. What is called "failed" in words has errors too, see failedShare.
 */
export function badShare(stats: Stats | null): number {
  return share(stats, 'fault') + share(stats, 'throttle')
}

/** The duration that a share q of the requests do not pass, by the middle of its bucket. */
export function quantileOf(histogram: Histogram, q: number): Nanos {
  const total = histogram.reduce((sum, b) => sum + b[2], 0)
  if (total <= 0) return 0
  const sorted = [...histogram].sort((a, b) => a[0] - b[0])
  let left = q * total
  for (const [low, high, count] of sorted) {
    if (left <= count) return low + (high - low) * (count > 0 ? Math.max(0, left) / count : 0)
    left -= count
  }
  const last = sorted[sorted.length - 1]
  return last[1]
}

/** Sums statistics; quantiles come from the summed buckets. Null when there is nothing to sum. */
export function sumStats(all: readonly (Stats | null)[]): Stats | null {
  const some = all.filter((s) => s !== null)
  if (some.length === 0) return null
  if (some.length === 1) return some[0]
  const buckets = new Map<string, [Nanos, Nanos, number]>()
  for (const s of some) {
    for (const [low, high, count] of s.histogram) {
      const key = `${low}-${high}`
      const bucket = buckets.get(key)
      if (bucket) bucket[2] += count
      else buckets.set(key, [low, high, count])
    }
  }
  const histogram = [...buckets.values()].sort((a, b) => a[0] - b[0])
  const sum = (f: (s: Stats) => number) => some.reduce((total, s) => total + f(s), 0)
  const requests = sum((s) => s.requests)
  return {
    requests,
    ok: sum((s) => s.ok),
    error: sum((s) => s.error),
    throttle: sum((s) => s.throttle),
    fault: sum((s) => s.fault),
    rate: sum((s) => s.rate),
    avg_ns: requests > 0 ? sum((s) => s.avg_ns * s.requests) / requests : 0,
    p50_ns: quantileOf(histogram, 0.5),
    p95_ns: quantileOf(histogram, 0.95),
    p99_ns: quantileOf(histogram, 0.99),
    histogram,
  }
}

export interface Arc {
  readonly class: Class
  /** degrees, clockwise from the top */
  readonly from: number
  readonly to: number
}

const MIN_ARC = 3

/** Four arcs that fill the circle; what happened at all is at least 3 degrees wide. */
export function ringArcs(stats: Stats | null): Arc[] {
  if (stats === null || stats.requests <= 0) return []
  const some = RING.filter((c) => stats[c] > 0)
  const total = some.reduce((sum, c) => sum + stats[c], 0)
  const degrees = some.map((c) => Math.max(MIN_ARC, (stats[c] / total) * 360))
  const over = degrees.reduce((a, b) => a + b, 0) - 360
  const widest = degrees.indexOf(Math.max(...degrees))
  degrees[widest] -= over // what the small arcs gained, the widest gives
  let at = 0
  return some.map((c, i) => {
    const from = at
    at = i === some.length - 1 ? 360 : at + degrees[i]
    return { class: c, from, to: at }
  })
}

export interface Bucket {
  readonly low: Nanos
  readonly high: Nanos
  readonly count: number
}

/** Buckets of even width in log space between the extremes, at most `max` of them, for a histogram on screen. */
export function logBuckets(histogram: Histogram, max = 48): Bucket[] {
  return together(histogram, [], max).mine
}

/** Two histograms in the same buckets, so that they can lie over one another; `theirs` is null where it is empty. */
export function together(mine: Histogram, theirs: Histogram, max = 48): { mine: Bucket[]; theirs: Bucket[] | null } {
  const used = [...mine, ...theirs].filter((b) => b[2] > 0)
  if (used.length === 0) return { mine: [], theirs: null }
  const low = Math.max(1, used.reduce((least, b) => Math.min(least, b[0]), Infinity))
  const high = Math.max(low * 1.1, used.reduce((most, b) => Math.max(most, b[1]), 0))
  const n = Math.min(max, Math.max(8, used.length * 2))
  const step = Math.log(high / low) / n
  const edge = (i: number) => low * Math.exp(step * i)
  const fill = (from: Histogram) => {
    const out = Array.from({ length: n }, (_, i) => ({ low: edge(i), high: edge(i + 1), count: 0 }))
    for (const [a, b, count] of from) if (count > 0) spread(out, Math.max(low, a), Math.max(low, b), count, low, step)
    return out
  }
  return { mine: fill(mine), theirs: theirs.some((b) => b[2] > 0) ? fill(theirs) : null }
}

/** A source bucket may lie over several of ours: its count is shared by overlap in log space. */
function spread(out: { count: number }[], from: Nanos, to: Nanos, count: number, low: Nanos, step: number): void {
  const a = Math.log(from / low) / step
  const b = Math.max(a + 1e-9, Math.log(to / low) / step)
  for (let i = Math.max(0, Math.floor(a)); i < Math.min(out.length, Math.ceil(b)); i++) {
    out[i].count += count * (Math.min(b, i + 1) - Math.max(a, i)) / (b - a)
  }
}

