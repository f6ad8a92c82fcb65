// Two traces as one tree. Spans are matched from the roots down: below two matched spans, children of the same service,
// name and kind are matched in order (their longest common subsequence), and what is left of the same kind by its turn,
// because calls that run side by side begin in any order. Every span of both traces is in exactly one row.
import { eachChild, type TraceModel } from './trace'
import { outline, type Outline, type TreeSpans } from './traceRows'
import type { Nanos } from './units'

/** One row for each pair, and for each span that only one of the two has; depth first. */
export interface Merged extends TreeSpans {
  /** row in the first trace, -1 where only the second has it */
  readonly a: Int32Array<ArrayBuffer>
  /** row in the second trace, -1 where only the first has it */
  readonly b: Int32Array<ArrayBuffer>
}

export interface TraceDiff {
  readonly rows: Merged
  readonly outline: Outline
  /** what the indices in rows.service and rows.name mean */
  readonly services: readonly string[]
  readonly names: readonly string[]
  /** added to a span's start in its own trace: both sides begin at 0 */
  readonly shiftA: Nanos
  readonly shiftB: Nanos
  /** of the longer of the two */
  readonly duration: Nanos
}

/** One side: a trace, and the span whose subtree is compared; -1 for all of it. */
export interface Side {
  readonly trace: TraceModel
  readonly top: number
  /** it is not stored, but of a file that is open in this page */
  readonly file?: boolean
}

/** The most cells of the tables that all the matching together fills; beyond, order counts by kind alone. */
const CELLS = 12_000_000
/** The same for one list of siblings: a table of two bytes a cell. */
const TABLE = 2_000_000

export function diffTraces(sideA: Side, sideB: Side): TraceDiff {
  const dictionary = new Dictionary()
  const [A, B] = [sideA.trace.spans, sideB.trace.spans]
  const keyA = dictionary.keysOf(sideA.trace)
  const keyB = dictionary.keysOf(sideB.trace)
  const a: number[] = []
  const b: number[] = []
  const parent: number[] = []
  const depth: number[] = []
  const budget = { cells: CELLS }
  const stack: [a: number, b: number, parent: number][] = []
  const push = (pairs: readonly (readonly [number, number])[], above: number) => {
    for (let i = pairs.length - 1; i >= 0; i--) stack.push([pairs[i][0], pairs[i][1], above])
  }
  push(matchLists(tops(sideA), tops(sideB), keyA, keyB, budget), -1)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const row = a.length
    a.push(next[0])
    b.push(next[1])
    parent.push(next[2])
    depth.push(next[2] < 0 ? 0 : depth[next[2]] + 1)
    const kidsA = next[0] < 0 ? [] : childrenOf(sideA.trace, next[0])
    const kidsB = next[1] < 0 ? [] : childrenOf(sideB.trace, next[1])
    if (kidsA.length + kidsB.length > 0) push(matchLists(kidsA, kidsB, keyA, keyB, budget), row)
  }
  const n = a.length
  const descendants = new Int32Array(n)
  for (let i = n - 1; i >= 0; i--) if (parent[i] >= 0) descendants[parent[i]] += descendants[i] + 1
  const shiftA = sideA.top < 0 ? 0 : -A.start[sideA.top]
  const shiftB = sideB.top < 0 ? 0 : -B.start[sideB.top]
  const key = Int32Array.from(a, (r, i) => (r < 0 ? keyB[b[i]] : keyA[r]))
  const rows: Merged = {
    count: n,
    a: Int32Array.from(a),
    b: Int32Array.from(b),
    parent: Int32Array.from(parent),
    depth: Int32Array.from(depth),
    descendants,
    service: key.map((k) => dictionary.serviceOf[k]),
    name: key.map((k) => dictionary.nameOf[k]),
    // Of a pair, the later trace speaks: it is the one that is looked into.
    start: Float64Array.from(a, (r, i) => (b[i] < 0 ? A.start[r] + shiftA : B.start[b[i]] + shiftB)),
    duration: Float64Array.from(a, (r, i) => (b[i] < 0 ? A.duration[r] : B.duration[b[i]])),
    klass: Uint8Array.from(a, (r, i) => Math.max(r < 0 ? 0 : A.klass[r], b[i] < 0 ? 0 : B.klass[b[i]])),
  }
  return { rows, outline: outline(rows), services: dictionary.services, names: dictionary.names, shiftA, shiftB, duration: Math.max(1, lengthOf(sideA), lengthOf(sideB)) }
}

/** How long a side takes: its top span and what outlives it. */
export function lengthOf({ trace, top }: Side): Nanos {
  return top < 0 ? trace.duration : trace.spans.subtreeEnd[top] - trace.spans.start[top]
}

function tops({ trace, top }: Side): number[] {
  return top < 0 ? childrenOf(trace, -1) : [top]
}

function childrenOf(trace: TraceModel, row: number): number[] {
  const out: number[] = []
  eachChild(trace.spans, row, (c) => out.push(c))
  return out
}

/** Numbers for service, name and kind together that both traces share. */
class Dictionary {
  readonly services: string[] = []
  readonly names: string[] = []
  /** by key */
  readonly serviceOf: number[] = []
  readonly nameOf: number[] = []
  private readonly keys = new Map<string, number>()
  private readonly serviceIndex = new Map<string, number>()
  private readonly nameIndex = new Map<string, number>()

  keysOf(trace: TraceModel): Int32Array {
    const { spans, services, names } = trace
    const known = new Map<number, number>()
    const out = new Int32Array(spans.count)
    for (let i = 0; i < spans.count; i++) {
      const own = (spans.service[i] * (names.length + 1) + spans.name[i]) * 8 + spans.kind[i]
      let key = known.get(own)
      if (key === undefined) {
        key = this.keyOf(services[spans.service[i]]?.name ?? '', names[spans.name[i]] ?? '', spans.kind[i])
        known.set(own, key)
      }
      out[i] = key
    }
    return out
  }

  private keyOf(service: string, name: string, kind: number): number {
    const text = JSON.stringify([service, name, kind])
    let key = this.keys.get(text)
    if (key === undefined) {
      key = this.serviceOf.length
      this.keys.set(text, key)
      this.serviceOf.push(indexIn(this.services, this.serviceIndex, service))
      this.nameOf.push(indexIn(this.names, this.nameIndex, name))
    }
    return key
  }
}

function indexIn(list: string[], index: Map<string, number>, text: string): number {
  let at = index.get(text)
  if (at === undefined) {
    at = list.length
    list.push(text)
    index.set(text, at)
  }
  return at
}

/** Pairs of two lists of siblings, -1 for none, in the order of the second with what is gone where it stood. */
export function matchLists(as: readonly number[], bs: readonly number[], keyA: Int32Array, keyB: Int32Array, budget = { cells: CELLS }): [number, number][] {
  const n = as.length
  const m = bs.length
  /** index in bs of the partner of as[i] */
  const partner = new Int32Array(n).fill(-1)
  const taken = new Int32Array(m).fill(-1)
  const pair = (i: number, j: number) => {
    partner[i] = j
    taken[j] = i
  }
  const same = (i: number, j: number) => keyA[as[i]] === keyB[bs[j]]
  let head = 0
  while (head < n && head < m && same(head, head)) {
    pair(head, head)
    head++
  }
  let tail = 0
  while (tail < n - head && tail < m - head && same(n - 1 - tail, m - 1 - tail)) {
    pair(n - 1 - tail, m - 1 - tail)
    tail++
  }
  const cells = (n - head - tail) * (m - head - tail)
  if (cells > 0 && cells <= Math.min(TABLE, budget.cells)) {
    budget.cells -= cells
    commonSubsequence(head, n - tail, head, m - tail, same, pair)
  }
  const left = new Map<number, number[]>()
  for (let j = m - 1; j >= 0; j--) {
    if (taken[j] >= 0) continue
    const waiting = left.get(keyB[bs[j]])
    if (waiting) waiting.push(j)
    else left.set(keyB[bs[j]], [j])
  }
  for (let i = 0; i < n; i++) {
    const j = partner[i] < 0 ? left.get(keyA[as[i]])?.pop() : undefined
    if (j !== undefined) pair(i, j)
  }
  return inOrder(as, bs, partner, taken)
}

/** Pairs the longest common subsequence of as[fromA..toA) and bs[fromB..toB). */
function commonSubsequence(fromA: number, toA: number, fromB: number, toB: number, same: (i: number, j: number) => boolean, pair: (i: number, j: number) => void): void {
  const width = toB - fromB + 1
  // best[i][j]: the longest from i and j to the ends; no list of siblings in the table is longer than 16 bits.
  const best = new Uint16Array((toA - fromA + 1) * width)
  for (let i = toA - 1; i >= fromA; i--) {
    for (let j = toB - 1; j >= fromB; j--) {
      const at = (i - fromA) * width + (j - fromB)
      best[at] = same(i, j) ? best[at + width + 1] + 1 : Math.max(best[at + width], best[at + 1])
    }
  }
  for (let i = fromA, j = fromB; i < toA && j < toB; ) {
    const at = (i - fromA) * width + (j - fromB)
    if (same(i, j)) pair(i++, j++)
    else if (best[at + width] >= best[at + 1]) i++
    else j++
  }
}

function inOrder(as: readonly number[], bs: readonly number[], partner: Int32Array, taken: Int32Array): [number, number][] {
  const out: [number, number][] = []
  /** what is gone stands behind the sibling that it followed */
  const gone = (from: number) => {
    for (let i = from; i < as.length && partner[i] < 0; i++) out.push([as[i], -1])
  }
  gone(0)
  for (let j = 0; j < bs.length; j++) {
    const i = taken[j]
    out.push([i < 0 ? -1 : as[i], bs[j]])
    if (i >= 0) gone(i + 1)
  }
  return out
}
