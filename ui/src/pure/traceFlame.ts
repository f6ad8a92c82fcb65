// The flame graph: boxes on lanes. Either over time (every span a box) or merged by call path (width = time spent).
import type { TraceModel } from './trace'
import type { Px } from './units'

export type FlameMode = 'time' | 'merged'

export interface Flame {
  readonly count: number
  readonly lanes: number
  readonly lane: Int32Array
  /** left and right edge; ns over time, summed ns when merged */
  readonly x0: Float64Array
  readonly x1: Float64Array
  /** a span that stands for the box */
  readonly span: Int32Array
  readonly parent: Int32Array
  readonly calls: Int32Array
  readonly self: Float64Array
  readonly failed: Uint8Array
}

/** Parallel siblings are looked for a free lane this far down before they share one. */
const SEARCH = 48

/** Every span is a box at its time; parallel siblings take lanes of their own. */
export function flameOverTime(trace: TraceModel): Flame {
  const { spans } = trace
  const n = spans.count
  const lane = new Int32Array(n)
  const x1 = new Float64Array(n)
  const until: number[] = []
  let lanes = 0
  for (let i = 0; i < n; i++) {
    x1[i] = spans.start[i] + spans.duration[i]
    let l = spans.parent[i] < 0 ? 0 : lane[spans.parent[i]] + 1
    const limit = l + SEARCH
    while (l < limit && (until[l] ?? -1) > spans.start[i]) l++
    lane[i] = l
    until[l] = Math.max(until[l] ?? 0, x1[i])
    lanes = Math.max(lanes, l + 1)
  }
  return {
    count: n,
    lanes,
    lane,
    x0: spans.start,
    x1,
    span: Int32Array.from({ length: n }, (_, i) => i),
    parent: spans.parent,
    calls: new Int32Array(n).fill(1),
    self: spans.self,
    failed: Uint8Array.from(spans.klass, (k) => (k === 0 ? 0 : 1)),
  }
}

/** Spans of one call path (service and name, from the root down) become one box; the widest stand left. */
export function flameMerged(trace: TraceModel): Flame {
  const { spans } = trace
  const boxOf = new Int32Array(spans.count)
  const ids = new Map<string, number>()
  const span: number[] = []
  const parent: number[] = []
  const calls: number[] = []
  const self: number[] = []
  const failed: number[] = []
  for (let i = 0; i < spans.count; i++) {
    const above = spans.parent[i] < 0 ? -1 : boxOf[spans.parent[i]]
    const key = `${above},${spans.service[i]},${spans.name[i]}`
    let box = ids.get(key)
    if (box === undefined) {
      box = span.length
      ids.set(key, box)
      span.push(i)
      parent.push(above)
      calls.push(0)
      self.push(0)
      failed.push(0)
    }
    boxOf[i] = box
    calls[box]++
    self[box] += spans.self[i]
    if (spans.klass[i] !== 0) failed[box] = 1
  }
  return placeMerged(span, parent, calls, self, failed)
}

function placeMerged(span: readonly number[], parent: readonly number[], calls: readonly number[], self: readonly number[], failed: readonly number[]): Flame {
  const n = span.length
  // A box's value is its own self time and its children's values, so children always fit below it.
  const value = Float64Array.from(self)
  const kids: number[][] = Array.from({ length: n }, () => [])
  const roots: number[] = []
  for (let b = n - 1; b >= 0; b--) {
    if (parent[b] < 0) roots.push(b)
    else {
      value[parent[b]] += value[b]
      kids[parent[b]].push(b)
    }
  }
  const lane = new Int32Array(n)
  const x0 = new Float64Array(n)
  const x1 = new Float64Array(n)
  let lanes = 0
  const place = (row: number[], from: number, level: number) => {
    let x = from
    for (const b of row.sort((p, q) => value[q] - value[p] || p - q)) {
      lane[b] = level
      x0[b] = x
      x += value[b]
      x1[b] = x
      lanes = Math.max(lanes, level + 1)
    }
  }
  place(roots, 0, 0)
  // Parents come before children, so one pass places every level.
  for (let b = 0; b < n; b++) place(kids[b], x0[b], lane[b] + 1)
  return {
    count: n, lanes, lane, x0, x1,
    span: Int32Array.from(span),
    parent: Int32Array.from(parent),
    calls: Int32Array.from(calls),
    self: Float64Array.from(self),
    failed: Uint8Array.from(failed),
  }
}

/** The box under a point, or -1; the later (deeper painted) box wins where two touch. */
export function boxAt(flame: Flame, lane: number, at: number, slack: number): number {
  let best = -1
  for (let b = 0; b < flame.count; b++) {
    if (flame.lane[b] === lane && flame.x0[b] - slack <= at && at <= flame.x1[b] + slack) {
      if (best < 0 || flame.x1[b] - flame.x0[b] < flame.x1[best] - flame.x0[best] || flame.x0[best] > at || flame.x1[best] < at) best = b
    }
  }
  return best
}

/** Calls f for boxes on screen; boxes that share a px with the one before them on the lane are merged into it. */
export function eachVisible(
  flame: Flame, from: number, to: number, width: Px, firstLane: number, lastLane: number,
  f: (box: number, x0: Px, x1: Px) => void,
): void {
  const scale = width / (to - from)
  const painted = new Float64Array(flame.lanes).fill(-1)
  for (let b = 0; b < flame.count; b++) {
    const lane = flame.lane[b]
    if (lane < firstLane || lane > lastLane || flame.x1[b] < from || flame.x0[b] > to) continue
    const a = (flame.x0[b] - from) * scale
    const z = Math.max(a + 0.75, (flame.x1[b] - from) * scale)
    if (z - a < 1 && Math.floor(z) <= painted[lane] && flame.failed[b] === 0) continue
    painted[lane] = Math.floor(z)
    f(b, Math.max(-2, a), Math.min(width + 2, z))
  }
}
