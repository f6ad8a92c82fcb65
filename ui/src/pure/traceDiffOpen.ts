// Where a comparison opens, and how one walks through its differences.
import type { Deltas, Summary } from './traceDelta'
import type { TraceDiff } from './traceDiff'
import { collapseAll, reveal } from './traceOpen'
import type { Shown } from './traceRows'

/** Rows that are opened at most for their differences; the reader opens the others. */
const OPENED = 400

/** Opens the way to every difference, the shallow ones first, and leaves closed what is the same throughout. */
export function openAtDifferences(diff: TraceDiff, deltas: Deltas, selected: number): Shown {
  const { rows, outline } = diff
  const { collapsed, open } = collapseAll({ collapsed: new Uint8Array(rows.count), open: new Uint8Array(outline.folds.count), keep: null }, rows)
  const below = (i: number) => deltas.differing[i] - (deltas.change[i] !== 0 || deltas.outcome[i] !== 0 ? 1 : 0)
  const byDepth: number[][] = []
  for (let i = 0; i < rows.count; i++) if (rows.descendants[i] > 0 && (below(i) > 0 || rows.depth[i] === 0)) (byDepth[rows.depth[i]] ??= []).push(i)
  let shown = 1
  for (const level of byDepth) {
    for (const i of level ?? []) {
      // What is new or gone as a whole needs no proof of each of its parts.
      if (rows.a[i] < 0 || rows.b[i] < 0) continue
      if (shown > OPENED) break
      collapsed[i] = 0
      for (let c = i + 1; c <= i + rows.descendants[i]; c += rows.descendants[c] + 1) shown++
    }
  }
  return reveal({ collapsed, open, keep: null }, rows, outline, selected)
}

/** What to look at first: a failure that is new, else what got slower most, else something new. */
export function rowToStart(diff: TraceDiff, summary: Summary): number {
  const first = summary.failing[0] ?? summary.slower[0] ?? summary.added[0] ?? summary.removed[0] ?? summary.faster[0]
  return first?.row ?? (diff.rows.count > 0 ? 0 : -1)
}

/** The next row that differs, round the end; -1 when nothing does. */
export function stepTo(deltas: Deltas, from: number, step: 1 | -1): number {
  const n = deltas.change.length
  for (let k = 1; k <= n; k++) {
    const i = (((from + step * k) % n) + n) % n
    if (deltas.change[i] !== 0 || deltas.outcome[i] !== 0) return i
  }
  return -1
}
