// From one answer of a trace that still arrives to the next: rows move, what the reader did stays.
import { rowOfSpan, spanId, type Spans, type TraceModel } from './trace'
import { openAtFirst } from './traceOpen'
import { hasKids, moreOf, type Rows, type Shown } from './traceRows'
import { clampView, isWhole, type View, wholeView } from './traceView'
import type { Nanos } from './units'

/** What is open in the newer answer: what the reader had open or closed, and for spans that are new, what a first look would show. */
export function carryShown(before: TraceModel, shown: Shown, now: TraceModel): Shown {
  const rows = rowsById(before.spans)
  const { collapsed, open } = openAtFirst(now, now.outline, now.focus)
  const folds = now.outline.folds
  for (let i = 0; i < now.spans.count; i++) {
    const old = rows.get(spanId(now.spans, i))
    if (old === undefined) continue
    // A span that had no children then was neither opened nor closed.
    if (hasKids(before.spans, old)) collapsed[i] = hasKids(now.spans, i) ? shown.collapsed[old] : 0
    const fold = before.outline.folds.of[old]
    if (fold >= 0 && folds.of[i] >= 0) open[folds.of[i]] = shown.open[fold]
  }
  return { collapsed, open, keep: shown.keep }
}

/** Rows by span id; of a repeated id the first. */
function rowsById(spans: Spans): Map<string, number> {
  const out = new Map<string, number>()
  for (let i = spans.count - 1; i >= 0; i--) out.set(spanId(spans, i), i)
  return out
}

/** Where a row of the older answer is in the newer one; -1 when it is gone. */
export function carryRow(before: TraceModel, row: number, now: TraceModel): number {
  if (row < 0 || row >= before.spans.count) return -1
  return rowOfSpan(now.spans, spanId(before.spans, row))
}

/** The same for a fold (~fold): it is found by its members; what was left out below a span, by that span. */
export function carryFold(before: TraceModel, fold: number, now: TraceModel): number | null {
  const { folds } = before.outline
  const above = moreOf(folds, fold)
  if (above >= 0) {
    const row = carryRow(before, above, now)
    return row >= 0 && (now.outline.more?.[row] ?? 0) > 0 ? ~(now.outline.folds.count + row) : null
  }
  for (let m = folds.offset[~fold]; m < folds.offset[~fold + 1]; m++) {
    const row = carryRow(before, folds.members[m], now)
    if (row >= 0 && now.outline.folds.of[row] >= 0) return ~now.outline.folds.of[row]
  }
  return null
}

/** Where the row at a line of the older list is in the newer one, or the first below it that still is; -1 when none is. */
export function carryLine(before: TraceModel, old: Rows, line: number, now: TraceModel, rows: Rows): number {
  for (let r = Math.max(0, line); r < old.count; r++) {
    const row = old.at[r] >= 0 ? carryRow(before, old.at[r], now) : carryFold(before, old.at[r], now)
    // What is found further down still stands that much below the window's top.
    const at = row === null || row === -1 ? -1 : rows.at.indexOf(row)
    if (at >= 0) return Math.max(0, at - (r - line))
  }
  return -1
}

/** The same moments in view, though the trace may begin earlier now; all of it stays all of it. */
export function carryView(view: View, before: Pick<TraceModel, 'start' | 'duration'>, now: Pick<TraceModel, 'start' | 'duration'>): View {
  if (isWhole(view, before.duration)) return wholeView(now.duration)
  const moved: Nanos = Number(BigInt(before.start) - BigInt(now.start))
  return clampView({ from: view.from + moved, to: view.to + moved }, now.duration)
}
