// Where one span stands among the others of its operation.
import type { Heatmap } from '../api/types'
import { formatCount, formatPercent } from './format'
import { duration, quote } from './mapQuery'
import { type Histogram, quantileOf } from './mapStats'
import { resolveRange, type Range } from './time'
import type { SpanKind } from './trace'
import { type EpochMs, MINUTE_MS, type Nanos } from './units'

export interface Rank {
  /** spans of the operation in the range */
  readonly count: number
  readonly p50: Nanos
  readonly p95: Nanos
  /** share of them that took less */
  readonly faster: number
}

export function rankOf(histogram: Histogram, ns: Nanos): Rank | null {
  const count = histogram.reduce((sum, b) => sum + b[2], 0)
  if (count <= 0) return null
  let below = 0
  for (const [low, high, n] of histogram) {
    if (ns >= high) below += n
    // Within a bucket counts lie evenly over the logarithm, as the buckets themselves do.
    else if (ns > low) below += n * (Math.log(ns / Math.max(1, low)) / Math.log(high / Math.max(1, low)))
  }
  return { count, p50: quantileOf(histogram, 0.5), p95: quantileOf(histogram, 0.95), faster: Math.min(1, below / count) }
}

/** "Slower than 97 % of 1,204", "faster than 80 % of 1,204": the end that it is nearer to. */
export function rankText(rank: Rank): string {
  const many = formatCount(Math.round(rank.count))
  if (rank.count < 2) return 'The only one in this range'
  if (rank.faster >= 0.5) return `Slower than ${formatPercent(Math.min(rank.faster, 1 - 1 / rank.count))} of ${many}`
  return `Faster than ${formatPercent(Math.min(1 - rank.faster, 1 - 1 / rank.count))} of ${many}`
}

/** "3.1 × p50, above p95". */
export function againstText(rank: Rank, ns: Nanos): string {
  if (rank.count < 2) return '' // its percentiles are bounds of the one bucket
  const times = rank.p50 > 0 ? ns / rank.p50 : 0
  const of = times >= 1.05 || times <= 0.95 ? `${Number(times.toPrecision(2))} × p50` : 'about p50'
  return ns > rank.p95 ? `${of}, above p95` : of
}

/** Counts by duration of a heatmap, whatever their time. */
export function histogramOfHeatmap(map: Heatmap): [Nanos, Nanos, number][] {
  const counts = new Float64Array(map.rows.length)
  for (const [, row, n] of map.cells) if (row < counts.length) counts[row] += n
  return map.rows.map(([low, high], i) => [low, high, counts[i]])
}

/** Requests that a service answers are summed up for long ranges; calls and inner work are counted when asked for. */
export function isRequest(kind: SpanKind): boolean {
  return kind === 'server' || kind === 'consumer'
}

/** The search for the spans of one operation. */
export function operationClause(service: string, name: string, kind: SpanKind): string {
  return [`service = ${quote(service)}`, `name = ${quote(name)}`, ...(kind === 'unspecified' ? [] : [`kind = ${kind}`])].join(' and ')
}

/** The same, those at least as slow as this one. */
export function slowerClause(service: string, name: string, kind: SpanKind, ns: Nanos): string {
  return `${operationClause(service, name, kind)} and duration >= ${duration(ns)}`
}

const AROUND_MS = 30 * MINUTE_MS

/** The page's range where a trace lies in it, else an hour around the trace. */
export function rangeAround(range: Range, at: EpochMs, now: EpochMs): Range {
  const { from, to } = resolveRange(range, now)
  if (at >= from && at <= to) return range
  return { from: String(Math.floor(at - AROUND_MS)), to: String(Math.ceil(Math.min(Math.max(now, at + MINUTE_MS), at + AROUND_MS))) }
}

/** Where a duration stands on a logarithmic axis, 0 to 1. */
export function logPlace(low: Nanos, high: Nanos, ns: Nanos): number {
  return Math.min(1, Math.max(0, Math.log(Math.max(low, ns) / low) / Math.log(high / low)))
}
