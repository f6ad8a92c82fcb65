// What a row of a comparison says.
import { plural } from './format'
import { type Change, CHANGES, changeBetween, type Deltas, signedDuration, signedShare } from './traceDelta'
import type { Side, TraceDiff } from './traceDiff'
import type { Nanos } from './units'

export interface DiffLabel {
  readonly service: string
  /** shown only where it differs from the row above in the tree */
  readonly showService: boolean
  readonly name: string
  /** "× 3 → × 48" of a fold */
  readonly times: string
  /** ns of each side, summed for a fold; null where that side has none */
  readonly before: Nanos | null
  readonly after: Nanos | null
  /** start and end of each side's bar, ns after its own start */
  readonly spanA: readonly [Nanos, Nanos] | null
  readonly spanB: readonly [Nanos, Nanos] | null
  readonly change: Change
  /** most of the change is the span's own work, not its children's */
  readonly own: boolean
  /** "+120 ms"; empty where nothing is told by it */
  readonly delta: string
  /** "+34 %", "new", "gone", "same" */
  readonly note: string
  /** "fails now"; empty where both ended alike */
  readonly outcome: string
  /** how the later side ended: 0 ok … 3 fault */
  readonly klass: number
  /** "4 differences" below a closed row */
  readonly hiddenChanges: string
}

export function rowDiffLabel(diff: TraceDiff, deltas: Deltas, a: Side, b: Side, row: number): DiffLabel {
  const { rows } = diff
  const [ra, rb] = [rows.a[row], rows.b[row]]
  const [A, B] = [a.trace.spans, b.trace.spans]
  const before = ra < 0 ? null : A.duration[ra]
  const after = rb < 0 ? null : B.duration[rb]
  const below = deltas.differing[row] - (deltas.change[row] !== 0 || deltas.outcome[row] !== 0 ? 1 : 0)
  return {
    ...named(diff, row),
    times: '',
    before,
    after,
    spanA: before === null ? null : [A.start[ra] + diff.shiftA, A.start[ra] + diff.shiftA + before],
    spanB: after === null ? null : [B.start[rb] + diff.shiftB, B.start[rb] + diff.shiftB + after],
    ...told(CHANGES[deltas.change[row]], before, after, deltas.outcome[row]),
    own: Math.abs(deltas.self[row]) >= Math.abs(deltas.duration[row]) / 2,
    klass: rb >= 0 ? B.klass[rb] : A.klass[ra],
    hiddenChanges: below > 0 && ra >= 0 && rb >= 0 ? plural(below, 'difference') : '',
  }
}

export function foldDiffLabel(diff: TraceDiff, deltas: Deltas, a: Side, b: Side, fold: number): DiffLabel {
  const { rows, outline: { folds } } = diff
  const [A, B] = [a.trace.spans, b.trace.spans]
  const sums = { countA: 0, countB: 0, before: 0, after: 0, klass: 0, fails: 0, recovers: 0, below: 0, self: 0 }
  const spanA: [number, number] = [Infinity, 0]
  const spanB: [number, number] = [Infinity, 0]
  for (let m = folds.offset[fold]; m < folds.offset[fold + 1]; m++) {
    const row = folds.members[m]
    const [ra, rb] = [rows.a[row], rows.b[row]]
    if (ra >= 0) {
      sums.countA++
      sums.before += A.duration[ra]
      widen(spanA, A.start[ra] + diff.shiftA, A.duration[ra])
    }
    if (rb >= 0) {
      sums.countB++
      sums.after += B.duration[rb]
      sums.klass = Math.max(sums.klass, B.klass[rb])
      widen(spanB, B.start[rb] + diff.shiftB, B.duration[rb])
    }
    if (deltas.outcome[row] === 1) sums.fails++
    if (deltas.outcome[row] === 2) sums.recovers++
    sums.below += deltas.differing[row]
    sums.self += deltas.self[row]
  }
  const before = sums.countA === 0 ? null : sums.before
  const after = sums.countB === 0 ? null : sums.after
  const change = before === null ? 'added' : after === null ? 'removed' : changeBetween(before, after, diff.duration)
  return {
    ...named(diff, folds.members[folds.offset[fold]]),
    times: sums.countA === sums.countB ? `× ${sums.countB}` : `× ${sums.countA} → × ${sums.countB}`,
    before,
    after,
    spanA: before === null ? null : spanA,
    spanB: after === null ? null : spanB,
    ...told(change, before, after, sums.fails > 0 ? 1 : sums.recovers > 0 ? 2 : 0),
    own: Math.abs(sums.self) >= Math.abs(sums.after - sums.before) / 2,
    klass: sums.klass,
    hiddenChanges: sums.below > 0 && before !== null && after !== null ? plural(sums.below, 'difference') : '',
  }
}

function widen(range: [number, number], start: Nanos, duration: Nanos): void {
  range[0] = Math.min(range[0], start)
  range[1] = Math.max(range[1], start + duration)
}

function named(diff: TraceDiff, row: number): Pick<DiffLabel, 'service' | 'name' | 'showService'> {
  const { rows } = diff
  const p = rows.parent[row]
  return { service: diff.services[rows.service[row]], name: diff.names[rows.name[row]] || '(no name)', showService: p < 0 || rows.service[p] !== rows.service[row] }
}

function told(change: Change, before: Nanos | null, after: Nanos | null, ended: number): Pick<DiffLabel, 'change' | 'delta' | 'note' | 'outcome'> {
  const outcome = ended === 1 ? 'fails now' : ended === 2 ? 'no longer fails' : ''
  if (before === null) return { change, delta: signedDuration(after ?? 0), note: 'new', outcome: '' }
  if (after === null) return { change, delta: signedDuration(0 - before), note: 'gone', outcome: '' }
  if (change === 'same') return { change, delta: '', note: 'same', outcome }
  return { change, delta: signedDuration(after - before), note: signedShare(before, after), outcome }
}
