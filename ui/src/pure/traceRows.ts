// Which rows the waterfall shows. A row is a span (its index, >= 0) or a fold (~fold, < 0) that stands for an operation that was
// called again and again ("SELECT users × 48"). Which spans those are is the server's answer; of two traces laid over each other,
// which no answer knows, more than FOLD_OVER siblings of the same service and name.
import type { Spans } from './trace'

export const FOLD_OVER = 5

/** What the tree needs to know of spans; two traces laid over each other have it as well. */
export type TreeSpans = Pick<Spans, 'count' | 'parent' | 'depth' | 'descendants' | 'service' | 'name' | 'start' | 'duration' | 'klass'> & Partial<Pick<Spans, 'hidden' | 'repeat'>>

export interface Folds {
  readonly count: number
  /** fold of each span, -1 for none */
  readonly of: Int32Array<ArrayBuffer>
  /** which of the trace's repeats a fold is; empty where the folds are none of the server's */
  readonly repeat: Int32Array<ArrayBuffer>
  /** members of fold f are members[offset[f]..offset[f+1]] */
  readonly offset: Int32Array<ArrayBuffer>
  readonly members: Int32Array<ArrayBuffer>
  /** summed duration of the members, ns */
  readonly total: Float64Array<ArrayBuffer>
  readonly max: Float64Array<ArrayBuffer>
  readonly errors: Int32Array<ArrayBuffer>
  readonly start: Float64Array<ArrayBuffer>
  readonly end: Float64Array<ArrayBuffer>
}

export interface Outline {
  /** spans in display order: depth first, members of a fold side by side */
  readonly order: Int32Array<ArrayBuffer>
  readonly folds: Folds
  /** spans that the answer left out right below each row; null when it left out none */
  readonly more: Int32Array<ArrayBuffer> | null
}

/** Whether there is anything below a row, shown or left out. */
export function hasKids(spans: TreeSpans, row: number): boolean {
  return spans.descendants[row] > 0 || (spans.hidden?.[row] ?? 0) > 0
}

/** The span whose missing children a row of the list stands for; -1 for other rows. */
export function moreOf(folds: Pick<Folds, 'count'>, row: number): number {
  return row < 0 && ~row >= folds.count ? ~row - folds.count : -1
}

/** Finds the folds and the display order. Linear; done once per trace. */
export function outline(spans: TreeSpans): Outline {
  const n = spans.count
  const fold = new Int32Array(n).fill(-1)
  const groups: number[][] = []
  const position = new Int32Array(n)
  const order = new Int32Array(n)
  for (let parent = -1; parent < n; parent++) {
    if (parent >= 0 && spans.descendants[parent] === 0) continue
    const kids = orderedKids(spans, parent, fold, groups)
    let at = parent < 0 ? 0 : position[parent] + 1
    for (const kid of kids) {
      position[kid] = at
      at += spans.descendants[kid] + 1
    }
  }
  for (let i = 0; i < n; i++) order[position[i]] = i
  return { order, folds: measureFolds(spans, fold, groups), more: moreBelow(spans) }
}

function moreBelow(spans: TreeSpans): Int32Array<ArrayBuffer> | null {
  const { hidden } = spans
  if (hidden === undefined || !hidden.some((n) => n > 0)) return null
  const own = hidden.slice()
  for (let i = 0; i < spans.count; i++) if (spans.parent[i] >= 0) own[spans.parent[i]] -= hidden[i]
  return own
}

function orderedKids(spans: TreeSpans, parent: number, fold: Int32Array, groups: number[][]): number[] {
  const kids: number[] = []
  const end = parent < 0 ? spans.count : parent + spans.descendants[parent] + 1
  for (let c = parent + 1; c < end; c += spans.descendants[c] + 1) kids.push(c)
  const { repeat } = spans
  if (repeat === undefined ? kids.length <= FOLD_OVER : !kids.some((kid) => repeat[kid] >= 0)) return kids
  const byKey = new Map<number, number[]>()
  for (const kid of kids) {
    const key = repeat === undefined ? spans.service[kid] * 4294967296 + spans.name[kid] : repeat[kid]
    const same = byKey.get(key)
    if (same) same.push(kid)
    else byKey.set(key, [kid])
  }
  const out: number[] = []
  for (const [key, same] of byKey) {
    if (repeat === undefined ? same.length > FOLD_OVER : key >= 0) {
      for (const kid of same) fold[kid] = groups.length
      groups.push(same)
    }
  }
  for (const kid of kids) {
    if (fold[kid] < 0) out.push(kid)
    else if (groups[fold[kid]][0] === kid) out.push(...groups[fold[kid]])
  }
  return out
}

function measureFolds(spans: TreeSpans, of: Int32Array<ArrayBuffer>, groups: readonly number[][]): Folds {
  const count = groups.length
  const offset = new Int32Array(count + 1)
  groups.forEach((g, i) => (offset[i + 1] = offset[i] + g.length))
  const members = new Int32Array(offset[count])
  const total = new Float64Array(count)
  const max = new Float64Array(count)
  const errors = new Int32Array(count)
  const repeat = Int32Array.from(spans.repeat === undefined ? [] : groups, (g) => spans.repeat?.[g[0]] ?? -1)
  const start = new Float64Array(count).fill(Infinity)
  const end = new Float64Array(count)
  groups.forEach((g, f) => {
    members.set(g, offset[f])
    for (const s of g) {
      total[f] += spans.duration[s]
      max[f] = Math.max(max[f], spans.duration[s])
      errors[f] += spans.klass[s] === 0 ? 0 : 1
      start[f] = Math.min(start[f], spans.start[s])
      end[f] = Math.max(end[f], spans.start[s] + spans.duration[s])
    }
  })
  return { count, of, repeat, offset, members, total, max, errors, start, end }
}

/** What the reader has opened and filtered. */
export interface Shown {
  /** 1 = the subtree under this span is hidden */
  readonly collapsed: Uint8Array
  /** 1 = the members of this fold are listed */
  readonly open: Uint8Array
  /** null = everything; else 0 hidden, 1 match, 2 only an ancestor of a match */
  readonly keep: Uint8Array | null
}

export interface Rows {
  readonly count: number
  /** span index, or ~fold, or ~(number of folds + span) for what was left out below a span */
  readonly at: Int32Array
  readonly level: Int32Array
}

/** Lists the rows to show, top to bottom. One pass over the display order. */
export function listRows(spans: TreeSpans, outlined: Outline, shown: Shown): Rows {
  const { order, folds, more } = outlined
  const n = spans.count
  const room = n + folds.count + (more === null ? 0 : n)
  const at = new Int32Array(room)
  const level = new Int32Array(room)
  const open: { end: number; span: number; level: number }[] = [] // spans that something was left out below
  const close = (k: number) => {
    for (let last = open.at(-1); last !== undefined && last.end <= k; last = open.at(-1)) {
      at[count] = ~(folds.count + last.span)
      level[count++] = last.level + 1
      open.pop()
    }
  }
  const extra = new Int32Array(n); // indents that open folds add above a span
  let count = 0
  const { keep } = shown
  const kept = keep === null ? null : keptMembers(folds, keep)
  for (let k = 0; k < n; ) {
    const s = order[k]
    close(k)
    if (keep !== null && keep[s] === 0) {
      k += spans.descendants[s] + 1
      continue
    }
    const parent = spans.parent[s]
    let indent = parent < 0 ? 0 : extra[parent]
    const f = folds.of[s]
    // A filter that leaves a few members shows them plainly, without the fold's heading.
    const headed = f >= 0 && (kept === null || kept[f] > FOLD_OVER)
    if (headed) {
      const first = kept === null ? folds.members[folds.offset[f]] : firstKept(folds, f, keep)
      if (s === first) {
        at[count] = ~f
        level[count++] = spans.depth[s] + indent
      }
      if (shown.open[f] === 0) {
        k += spans.descendants[s] + 1
        continue
      }
      indent++
    }
    extra[s] = indent
    at[count] = s
    level[count++] = spans.depth[s] + indent
    // A filter looks at the spans that are here, so it offers no others.
    if (more !== null && more[s] > 0 && keep === null && shown.collapsed[s] === 0) open.push({ end: k + spans.descendants[s] + 1, span: s, level: level[count - 1] })
    k += shown.collapsed[s] === 0 ? 1 : spans.descendants[s] + 1
  }
  close(n)
  return { count, at: at.slice(0, count), level: level.slice(0, count) }
}

function keptMembers(folds: Folds, keep: Uint8Array): Int32Array {
  const out = new Int32Array(folds.count)
  for (let f = 0; f < folds.count; f++) {
    for (let m = folds.offset[f]; m < folds.offset[f + 1]; m++) {
      if (keep[folds.members[m]] !== 0) out[f]++
    }
  }
  return out
}

function firstKept(folds: Folds, f: number, keep: Uint8Array | null): number {
  for (let m = folds.offset[f]; m < folds.offset[f + 1]; m++) {
    if (keep === null || keep[folds.members[m]] !== 0) return folds.members[m]
  }
  return -1
}

/** Where a span is listed, or -1 when it is hidden. */
export function rowIndexOf(rows: Rows, span: number): number {
  return rows.at.indexOf(span)
}

/** The nearest listed row for a span: itself, its fold, or the closest ancestor. */
export function nearestRow(rows: Rows, spans: TreeSpans, folds: Folds, span: number): number {
  for (let s = span; s >= 0; s = spans.parent[s]) {
    const at = rows.at.indexOf(s)
    if (at >= 0) return at
    const f = folds.of[s]
    const fold = f < 0 ? -1 : rows.at.indexOf(~f)
    if (fold >= 0) return fold
  }
  return rows.count > 0 ? 0 : -1
}

/** The rows above `row` that are its ancestors, outermost first, at most `limit` of the innermost. */
export function ancestorRows(rows: Rows, row: number, limit: number): number[] {
  const out: number[] = []
  if (row <= 0 || row >= rows.count) return out
  let level = rows.level[row]
  for (let r = row - 1; r >= 0 && level > 0; r--) {
    if (rows.level[r] < level) {
      out.unshift(r)
      level = rows.level[r]
    }
  }
  return out.slice(-limit)
}

/** The row of the parent in the list, or -1. */
export function parentRow(rows: Rows, row: number): number {
  for (let r = row - 1; r >= 0; r--) if (rows.level[r] < rows.level[row]) return r
  return -1
}
