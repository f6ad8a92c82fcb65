// What is open when a trace is first seen, and how opening changes. Errors first: the way to the focus is always open.
import type { TraceModel } from './trace'
import { hasKids, listRows, type Outline, type Shown, type TreeSpans } from './traceRows'

/** Rows that a healthy trace shows at most before the reader opens more. */
export const FIRST_ROWS = 500

/** Opens levels from the top until FIRST_ROWS would be passed, then the way to the focus. */
export function openAtFirst(trace: TraceModel, outlined: Outline, focus: number): Shown {
  const { spans } = trace
  const open = new Uint8Array(outlined.folds.count)
  const collapsed = collapseBelow(spans, deepestLevelWithin(spans, FIRST_ROWS, outlined))
  const shown: Shown = { collapsed, open, keep: null }
  return reveal(shown, spans, outlined, focus)
}

/** The deepest level so that spans at or above it, folds counted once, number at most `limit` (at least 1). */
function deepestLevelWithin(spans: TreeSpans, limit: number, outlined: Outline): number {
  const perLevel: number[] = []
  const hidden = new Uint8Array(spans.count)
  for (let i = 0; i < spans.count; i++) {
    const p = spans.parent[i]
    hidden[i] = (p >= 0 && hidden[p] === 1) || outlined.folds.of[i] >= 0 ? 1 : 0
    if (hidden[i] === 0) perLevel[spans.depth[i]] = (perLevel[spans.depth[i]] ?? 0) + 1
  }
  let sum = 0
  for (let level = 0; level < perLevel.length; level++) {
    sum += perLevel[level] ?? 0
    if (sum > limit) return Math.max(1, level - 1)
  }
  return Number.MAX_SAFE_INTEGER
}

function collapseBelow(spans: TreeSpans, level: number): Uint8Array {
  const collapsed = new Uint8Array(spans.count)
  for (let i = 0; i < spans.count; i++) {
    if (hasKids(spans, i) && (spans.depth[i] >= level || spans.descendants[i] === 0)) collapsed[i] = 1
  }
  return collapsed
}

/** Opens every ancestor and fold above a span, so that it is listed. */
export function reveal(shown: Shown, spans: TreeSpans, outlined: Outline, span: number): Shown {
  if (span < 0 || span >= spans.count) return shown
  const collapsed = shown.collapsed.slice()
  const open = shown.open.slice()
  let changed = false
  for (let s = span; s >= 0; s = spans.parent[s]) {
    if (s !== span && collapsed[s] === 1) {
      collapsed[s] = 0
      changed = true
    }
    const f = outlined.folds.of[s]
    if (f >= 0 && open[f] === 0) {
      open[f] = 1
      changed = true
    }
  }
  return changed ? { ...shown, collapsed, open } : shown
}

/** Opens or closes one row. `deep` takes the whole subtree along. */
export function toggle(shown: Shown, spans: TreeSpans, outlined: Outline, row: number, expand: boolean, deep: boolean): Shown {
  if (row < 0) {
    const open = shown.open.slice()
    open[~row] = expand ? 1 : 0
    return { ...shown, open }
  }
  const collapsed = shown.collapsed.slice()
  const open = shown.open.slice()
  const last = deep ? row + spans.descendants[row] : row
  for (let s = row; s <= last; s++) {
    // What was left out is asked for one span at a time.
    if (hasKids(spans, s) && (s === row || spans.descendants[s] > 0)) collapsed[s] = expand ? 0 : 1
    const f = outlined.folds.of[s]
    if (deep && s > row && f >= 0) open[f] = expand ? 1 : 0
  }
  return { ...shown, collapsed, open }
}

/** Opens every span; asked again when all are open, every fold as well. */
export function expandAll(shown: Shown): Shown {
  if (!shown.collapsed.includes(1)) return { ...shown, open: new Uint8Array(shown.open.length).fill(1) }
  return { ...shown, collapsed: new Uint8Array(shown.collapsed.length) }
}

/** Leaves the roots only. */
export function collapseAll(shown: Shown, spans: TreeSpans): Shown {
  return { ...shown, collapsed: collapseBelow(spans, 0), open: new Uint8Array(shown.open.length) }
}

/** Marks matches with 1 and their ancestors with 2; null when nothing is filtered. */
export function keepMask(spans: TreeSpans, matches: Uint8Array): Uint8Array {
  const keep = new Uint8Array(spans.count)
  for (let i = spans.count - 1; i >= 0; i--) {
    if (matches[i] === 1) keep[i] = 1
    const p = spans.parent[i]
    if (keep[i] !== 0 && p >= 0 && keep[p] === 0) keep[p] = 2
  }
  return keep
}

/** Rows that a Shown gives, for callers that need the number only. */
export function countRows(spans: TreeSpans, outlined: Outline, shown: Shown): number {
  return listRows(spans, outlined, shown).count
}
