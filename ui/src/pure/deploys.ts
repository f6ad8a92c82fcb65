/** Deployments of a service: what each changed, and which version served when. */
import type { Deployment, Service, Stats } from '../api/types'
import { formatDuration, formatPercent } from './format'
import { failedShare } from './red'
import { type EpochMs, epochMsOfRFC3339, type Nanos } from './units'

export type Tone = 'worse' | 'better' | 'same' | 'unsure'

/** `changes` say it in words, what weighs most first. */
export type Verdict = { tone: Tone; changes: string[] }

/** With fewer requests on either side nothing is said. */
const LEAST = 20
/** Standard errors between two shares that chance does not make. */
const SURE = 3
/** Shares and durations that nobody would feel, and how much longer a p95 must be to be news. */
const FELT_SHARE = 0.005
const FELT_NS: Nanos = 5e6
const FELT_RATIO = 1.3

function toneOfFailures(before: Stats, after: Stats): Tone {
  const [a, b] = [failedShare(before), failedShare(after)]
  const pooled = (a * before.requests + b * after.requests) / (before.requests + after.requests)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before.requests + 1 / after.requests))
  if (Math.abs(b - a) < FELT_SHARE || Math.abs(b - a) < SURE * error) return 'same'
  return b > a ? 'worse' : 'better'
}

function toneOfDuration(before: Nanos, after: Nanos): Tone {
  if (Math.abs(after - before) < FELT_NS || Math.max(after, before) < FELT_RATIO * Math.min(after, before)) return 'same'
  return after > before ? 'worse' : 'better'
}

/** What a deployment changed. Failures weigh more than time: a version that fails fast is no improvement. */
export function verdictOf({ before, after }: { before: Stats; after: Stats }): Verdict {
  if (before.requests < LEAST || after.requests < LEAST) return { tone: 'unsure', changes: [`only ${Math.round(Math.min(before.requests, after.requests))} requests to compare`] }
  const failures = toneOfFailures(before, after)
  const duration = toneOfDuration(before.p95_ns, after.p95_ns)
  const changes: string[] = []
  if (failures !== 'same') changes.push(`${formatPercent(failedShare(after))} failed instead of ${formatPercent(failedShare(before))}`)
  if (duration !== 'same') changes.push(`p95 ${formatDuration(after.p95_ns)} instead of ${formatDuration(before.p95_ns)}`)
  return { tone: failures !== 'same' ? failures : duration, changes }
}

export const TONE_LABEL: Record<Tone, string> = { worse: 'Worse', better: 'Better', same: 'No change', unsure: 'Too early to tell' }

/** Stretches to shade in charts: while versions served that made things worse. */
export type Band = { from: EpochMs; to: EpochMs; label: string }

export function badBands(deployments: readonly Deployment[], end: EpochMs): Band[] {
  return deployments
    .filter((d) => verdictOf(d).tone === 'worse')
    .map((d) => ({ from: epochMsOfRFC3339(d.at), to: d.until === null ? end : epochMsOfRFC3339(d.until), label: d.version }))
    .sort((a, b) => a.from - b.from)
}

/** A version in the lane of versions: its share of the requests, step by step. */
export type LaneVersion = { name: string; shares: number[]; total: number }

const LANE_VERSIONS = 8

/** Busiest first; what is beyond eight is summed up as "others". */
export function laneOf(service: Pick<Service, 'versions'>): LaneVersion[] {
  const count = service.versions[0]?.series.requests.length ?? 0
  const all = Array.from({ length: count }, (_, i) => service.versions.reduce((sum, v) => sum + (v.series.requests[i] ?? 0), 0))
  const rows = service.versions
    .map((v) => ({ name: v.name, requests: v.series.requests, total: v.series.requests.reduce((a, b) => a + b, 0) }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
  const shown = rows.slice(0, LANE_VERSIONS)
  const rest = rows.slice(LANE_VERSIONS)
  if (rest.length > 0) shown.push({ name: 'others', requests: all.map((_, i) => rest.reduce((sum, r) => sum + (r.requests[i] ?? 0), 0)), total: rest.reduce((sum, r) => sum + r.total, 0) })
  return shown.map((r) => ({ name: r.name, total: r.total, shares: all.map((n, i) => (n > 0 ? (r.requests[i] ?? 0) / n : 0)) }))
}

/** What the page says of deployments before anything else; null where there was none. */
export type Headline = { latest: Deployment; verdict: Verdict; running: boolean; /** In the range, this one included. */ bad: number }

/** The one that runs if it is bad, else the newest bad one, else the newest. */
export function headlineOf(deployments: readonly Deployment[]): Headline | null {
  if (deployments.length === 0) return null
  const judged = deployments.map((d) => ({ d, verdict: verdictOf(d) }))
  const bad = judged.filter((j) => j.verdict.tone === 'worse')
  const { d, verdict } = bad.find((j) => j.d.until === null) ?? bad[0] ?? judged[0]
  return { latest: d, verdict, running: d.until === null, bad: bad.length }
}

/** Where a service's own time goes. Shares of 1; calls that overlap can sum to more than the service's time. */
export type TimeShares = { own: number; calls: number[]; overlapping: boolean }

export function timeShares(stats: Stats, calls: readonly { stats: Stats; async: boolean }[]): TimeShares {
  const total = stats.requests * stats.avg_ns
  const each = calls.map((c) => (c.async ? 0 : c.stats.requests * c.stats.avg_ns))
  const sum = each.reduce((a, b) => a + b, 0)
  const whole = Math.max(total, sum)
  if (whole <= 0) return { own: 0, calls: each.map(() => 0), overlapping: false }
  return { own: Math.max(0, total - sum) / whole, calls: each.map((n) => n / whole), overlapping: sum > total * 1.02 }
}
