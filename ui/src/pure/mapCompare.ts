// The map against an earlier time: what changed on every node and edge, and whether that is worth a colour.
import type { Stats } from '../api/types'
import { formatPercent } from './format'
import { sumStats } from './mapStats'
import { failedShare } from './red'
import { type Change, changeOf } from './red'
import { previous, type Range, rangeOf, resolveRange } from './time'
import { DAY_MS, type EpochMs } from './units'

/** What is compared with: the window right before, or the same one a day or a week earlier. */
export const VERSUS = ['prev', '1d', '7d'] as const
export type Versus = (typeof VERSUS)[number]

export const VERSUS_WORDS: Readonly<Record<Versus, string>> = { prev: 'the time before', '1d': 'a day before', '7d': 'a week before' }

const BACK: Readonly<Record<Exclude<Versus, 'prev'>, number>> = { '1d': DAY_MS, '7d': 7 * DAY_MS }

/** The range to compare with. Relative stays relative, so that the server's clock decides and a live map asks the same. */
export function rangeBefore(range: Range, versus: Versus, now: EpochMs): Range {
  if (versus === 'prev') return previous(range, now)
  const from = earlier(range.from, BACK[versus])
  const to = earlier(range.to, BACK[versus])
  if (from !== null && to !== null) return { from, to }
  const at = resolveRange(range, now)
  return rangeOf(at.from - BACK[versus], at.to - BACK[versus])
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `now-1h` a day earlier is `now-25h`; null for what is not relative to now, or has no such text. */
function earlier(text: string, ms: number): string | null {
  const m = /^now(?:-(\d{1,6})([smhdw]))?$/.exec(text.trim())
  if (m === null) return null
  const seconds = ms / 1000 + (m[2] === undefined ? 0 : Number(m[1]) * SECONDS[m[2]])
  const unit = ['w', 'd', 'h', 'm', 's'].find((u) => seconds % SECONDS[u] === 0) ?? 's'
  const count = seconds / SECONDS[unit]
  return count < 1e6 ? `now-${count}${unit}` : null
}

/** One node's or edge's change. */
export interface Delta {
  readonly now: Stats
  /** null where it was not there before */
  readonly before: Stats | null
  /** of requests a second; more is neither good nor bad */
  readonly rate: Change | null
  /** of the share that failed, in parts of 1 */
  readonly bad: { readonly by: number; readonly tone: Change['tone'] }
  readonly p95: Change | null
  /** the worst of all that has a tone */
  readonly tone: Change['tone']
}

/** Doubling below this is no news. */
const FLOOR_NS = 1e6
/** A change of the failing share by less than this is noise, and so are fewer failures than AT_LEAST. */
const WORTH = 0.01
const AT_LEAST = 3
/** Percentiles of fewer requests than these say little. */
const ENOUGH = 20

export function deltaOf(now: Stats, before: Stats | null): Delta {
  const there = before !== null && before.requests > 0 ? before : null
  const by = failedShare(now) - failedShare(there)
  const failures = Math.max(now.error + now.throttle + now.fault, there === null ? 0 : there.error + there.throttle + there.fault)
  const loud = there !== null && Math.abs(by) >= WORTH && failures >= AT_LEAST
  const bad = { by, tone: !loud ? 'same' : by > 0 ? 'worse' : 'better' } as const
  const p95 = there === null ? null : changeOf(now.p95_ns, there.p95_ns, 'worse', FLOOR_NS)
  const sure = p95 !== null && (p95.tone === 'same' || Math.min(now.requests, there?.requests ?? 0) >= ENOUGH) ? p95 : p95 && { ...p95, tone: 'same' as const }
  const tones = [bad.tone, sure?.tone ?? 'same']
  return {
    now,
    before: there,
    rate: there === null ? null : changeOf(now.rate, there.rate, 'neutral'),
    bad,
    p95: sure,
    tone: tones.includes('worse') ? 'worse' : tones.includes('better') ? 'better' : 'same',
  }
}

interface Figured {
  readonly id: string
  readonly stats: Stats | null
  readonly ghost?: boolean
}

/** Earlier figures of what is drawn now, summed over its members. */
export function earlierOf(drawn: readonly { readonly id: string; readonly members: readonly string[] }[], before: readonly Figured[]): Figured[] {
  const by = new Map(before.map((n) => [n.id, n.stats]))
  return drawn.map((d) => ({ id: d.id, stats: sumStats(d.members.map((m) => by.get(m) ?? null)) }))
}

/** Deltas by id, of what has requests now; what is gone has none, and is a ghost. */
export function deltasOf(now: readonly Figured[], before: readonly Figured[]): Map<string, Delta> {
  const then = new Map(before.map((n) => [n.id, n.stats]))
  const out = new Map<string, Delta>()
  for (const n of now) {
    if (n.stats && n.stats.requests > 0 && n.ghost !== true) out.set(n.id, deltaOf(n.stats, then.get(n.id) ?? null))
  }
  return out
}

/** `+42 %`, `×12`, `±0 %`. */
export function changeText({ share: by }: Change): string {
  if (by >= 9.95) return `×${Math.round(by + 1)}`
  const percent = Math.round(by * 100)
  return percent === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`
}

/** `+3.2 pp`: by how many points of a hundred a share changed. */
export function pointsText(by: number): string {
  const points = Math.abs(by) * 100
  const text = points >= 10 ? String(Math.round(points)) : String(Math.round(points * 10) / 10)
  return text === '0' ? '±0 pp' : `${by > 0 ? '+' : '−'}${text} pp`
}

/** Smaller changes are weather: only a panel tells them. */
export function notable(change: Change | null): change is Change {
  return change !== null && Math.abs(change.share) >= 0.1
}

/** What a node shows of its change, in two short lines: what the news is, and by how much. */
export function headline(d: Delta, p95: string): readonly [string, string] {
  if (d.before === null) return [p95, 'new']
  if (d.bad.tone !== 'same') return [formatPercent(failedShare(d.now)), pointsText(d.bad.by)]
  return [p95, notable(d.p95) ? changeText(d.p95) : '']
}

/** An edge's label while comparing: its figures, then what is worth saying of their change. */
export function deltaLabel(d: Delta | undefined, plain: readonly string[]): readonly string[] {
  if (d === undefined) return plain
  if (d.before === null) return [plain[0], 'new']
  const loud = [d.bad.tone !== 'same' && `failed ${pointsText(d.bad.by)}`, d.p95 && d.p95.tone !== 'same' && `p95 ${changeText(d.p95)}`].filter(Boolean)
  return loud.length > 0 ? [plain[0], loud.join(', ')] : [plain[0]]
}

/** All of a change as words: "requests +12 %, failed +3 pp, p95 +42 %". */
export function deltaWords(d: Delta): string {
  if (d.before === null) return 'new'
  return [
    d.rate && `requests ${changeText(d.rate)}`,
    d.bad.tone !== 'same' && `failed ${pointsText(d.bad.by)}`,
    d.p95 && `p95 ${changeText(d.p95)}`,
  ].filter(Boolean).join(', ')
}
