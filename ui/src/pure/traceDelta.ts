// What two laid-over traces say: how much each row changed, which of it matters, and the sums by operation.
import { formatDuration, formatPercent, formatShort } from './format'
import { KINDS, type SpanKind } from './trace'
import { lengthOf, type Side, type TraceDiff } from './traceDiff'
import type { Nanos } from './units'

export const CHANGES = ['same', 'slower', 'faster', 'added', 'removed'] as const
export type Change = (typeof CHANGES)[number]

/** A change smaller than this share of the span, or of the longer trace, is what no two runs have alike. */
const OF_SPAN = 0.1
const OF_TRACE = 0.005

export interface Deltas {
  /** ns that the second trace takes more; all of it for what is added, less than 0 for what is removed */
  readonly duration: Float64Array
  readonly self: Float64Array
  /** index into CHANGES */
  readonly change: Uint8Array
  /** 1 = fails in the second trace only, 2 = in the first only */
  readonly outcome: Uint8Array
  /** rows at or below a row that are not the same */
  readonly differing: Int32Array
}

export function deltasOf(diff: TraceDiff, a: Side, b: Side): Deltas {
  const { rows } = diff
  const [A, B] = [a.trace.spans, b.trace.spans]
  const n = rows.count
  const duration = new Float64Array(n)
  const self = new Float64Array(n)
  const change = new Uint8Array(n)
  const outcome = new Uint8Array(n)
  const differing = new Int32Array(n)
  for (let i = 0; i < n; i++) {
    const [ra, rb] = [rows.a[i], rows.b[i]]
    const before = ra < 0 ? 0 : A.duration[ra]
    const after = rb < 0 ? 0 : B.duration[rb]
    duration[i] = after - before
    self[i] = (rb < 0 ? 0 : B.self[rb]) - (ra < 0 ? 0 : A.self[ra])
    change[i] = CHANGES.indexOf(ra < 0 ? 'added' : rb < 0 ? 'removed' : changeBetween(before, after, diff.duration))
    const [badA, badB] = [ra >= 0 && A.klass[ra] !== 0, rb >= 0 && B.klass[rb] !== 0]
    outcome[i] = badB && !badA ? 1 : badA && !badB ? 2 : 0
  }
  for (let i = n - 1; i >= 0; i--) {
    if (change[i] !== 0 || outcome[i] !== 0) differing[i]++
    if (rows.parent[i] >= 0) differing[rows.parent[i]] += differing[i]
  }
  return { duration, self, change, outcome, differing }
}

export function changeBetween(before: Nanos, after: Nanos, whole: Nanos): Change {
  const delta = Math.abs(after - before)
  if (delta <= OF_SPAN * Math.max(before, after) || delta <= OF_TRACE * whole) return 'same'
  return after > before ? 'slower' : 'faster'
}

export interface OperationDelta {
  readonly service: number
  readonly name: number
  readonly kind: SpanKind
  readonly countA: number
  readonly countB: number
  readonly selfA: Nanos
  readonly selfB: Nanos
  readonly failedA: number
  readonly failedB: number
  /** pairs that fail in the second trace only */
  readonly newlyFailed: number
  /** a failure that is new began here, others only passed it on */
  readonly origin: boolean
  /** the row of the operation that says most: where a failure began, else whose own work changed most */
  readonly row: number
}

export interface Summary {
  readonly before: Nanos
  readonly after: Nanos
  /** by own work, the largest change first */
  readonly slower: readonly OperationDelta[]
  readonly faster: readonly OperationDelta[]
  /** operations that only one of the traces has */
  readonly added: readonly OperationDelta[]
  readonly removed: readonly OperationDelta[]
  /** operations with pairs that fail in the second only, those where it began first */
  readonly failing: readonly OperationDelta[]
  /** rows that are not the same */
  readonly differing: number
}

interface Sum { service: number; name: number; kind: SpanKind; countA: number; countB: number; selfA: number; selfB: number; failedA: number; failedB: number; newlyFailed: number; origin: boolean; row: number; most: number }

export function summaryOf(diff: TraceDiff, deltas: Deltas, a: Side, b: Side): Summary {
  const { rows } = diff
  const [A, B] = [a.trace.spans, b.trace.spans]
  const sums = new Map<string, Sum>()
  let differing = 0
  for (let i = 0; i < rows.count; i++) {
    const [ra, rb] = [rows.a[i], rows.b[i]]
    const kind = KINDS[ra < 0 ? B.kind[rb] : A.kind[ra]] ?? 'unspecified'
    const key = `${rows.service[i]}/${rows.name[i]}/${kind}`
    const known = sums.get(key)
    const s: Sum = known ?? { service: rows.service[i], name: rows.name[i], kind, countA: 0, countB: 0, selfA: 0, selfB: 0, failedA: 0, failedB: 0, newlyFailed: 0, origin: false, row: i, most: -1 }
    if (!known) sums.set(key, s)
    if (ra >= 0) {
      s.countA++
      s.selfA += A.self[ra]
      if (A.klass[ra] !== 0) s.failedA++
    }
    if (rb >= 0) {
      s.countB++
      s.selfB += B.self[rb]
      if (B.klass[rb] !== 0) s.failedB++
    }
    const origin = deltas.outcome[i] === 1 && rb >= 0 && B.origin[rb] === 1
    s.origin ||= origin
    if (deltas.outcome[i] === 1 && ra >= 0) s.newlyFailed++
    const weight = Math.abs(deltas.self[i]) + (deltas.outcome[i] === 1 ? diff.duration : 0) + (origin ? diff.duration : 0)
    if (weight > s.most) [s.most, s.row] = [weight, i]
    if (deltas.change[i] !== 0 || deltas.outcome[i] !== 0) differing++
  }
  const all = [...sums.values()]
  const gain = (s: Sum) => s.selfB - s.selfA
  const both = all.filter((s) => s.countA > 0 && s.countB > 0)
  const changed = both.filter((s) => changeBetween(s.selfA, s.selfB, diff.duration) !== 'same')
  return {
    before: lengthOf(a),
    after: lengthOf(b),
    slower: changed.filter((s) => gain(s) > 0).sort((x, y) => gain(y) - gain(x)),
    faster: changed.filter((s) => gain(s) < 0).sort((x, y) => gain(x) - gain(y)),
    added: all.filter((s) => s.countA === 0).sort((x, y) => y.selfB - x.selfB),
    removed: all.filter((s) => s.countB === 0).sort((x, y) => y.selfA - x.selfA),
    failing: both.filter((s) => s.newlyFailed > 0).sort((x, y) => Number(y.origin) - Number(x.origin) || y.newlyFailed - x.newlyFailed),
    differing,
  }
}

/** `+120 ms`, `−3.1 ms`, `±0 ms`: a change always has its sign. */
export function signedDuration(ns: Nanos): string {
  return ns === 0 ? `±${formatDuration(0)}` : (ns > 0 ? '+' : '−') + formatDuration(Math.abs(ns))
}

/** `+34 %` of what it was; `×2.5` from twice as much on; empty where there was nothing. */
export function signedShare(before: Nanos, after: Nanos): string {
  if (before <= 0) return ''
  const share = after / before - 1
  if (share >= 1) return `×${formatShort(after / before)}`
  return share === 0 ? `±${formatPercent(0)}` : (share > 0 ? '+' : '−') + formatPercent(Math.abs(share))
}

/** What the second trace is against the first, in words: "fails and is 120 ms slower (+34 %) than A". */
export function headlineOf(a: Side, b: Side): { readonly fails: string; readonly verdict: string; readonly end: string } {
  const bad = ({ trace, top }: Side) => (top < 0 ? trace.klass !== 'ok' : trace.spans.klass[top] !== 0)
  const fails = bad(b) && !bad(a) ? 'fails and is' : bad(a) && !bad(b) ? 'no longer fails and is' : 'is'
  return { fails, verdict: verdict(lengthOf(a), lengthOf(b)), end: lengthOf(a) === lengthOf(b) ? 'as A' : 'than A' }
}

/** "120 ms slower (+34 %)", said of the second trace. */
export function verdict(before: Nanos, after: Nanos): string {
  const share = signedShare(before, after)
  if (changeBetween(before, after, Math.max(before, after)) === 'same') return before === after ? 'as long' : `no more than ${formatDuration(Math.abs(after - before))} ${after > before ? 'slower' : 'faster'}`
  return `${formatDuration(Math.abs(after - before))} ${after > before ? 'slower' : 'faster'}${share === '' ? '' : ` (${share})`}`
}
