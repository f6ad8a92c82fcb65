// Where nodes stand on a new map. Layered from callers (left) to callees (right) by dagre; boxes are laid out inside
// first, then as one big node each. Runs in a Worker; what the page itself needs is in mapPlace.ts.
import dagre from '@dagrejs/dagre'
import type { Point } from './mapDraw'
import { BOX_PADDING, BOX_TITLE, bounds, flip, flipInput, type LayoutInput, type LayoutNode, RANK_GAP } from './mapPlace'
import type { Px } from './units'

/** Between rows, when the map goes down: names stand there too, so less is enough. */
const ROW_GAP: Px = 44
const NODE_GAP: Px = 18
/** Between neighbours when the map goes down: their names stand beside one another. */
const SIDE_GAP: Px = 64
/** More nodes than this in one column (in one row, when the map goes down) are dealt over neighbouring ones. */
const COLUMN = 9
const ROW = 4

type Ranker = 'tight-tree' | 'longest-path'

/** Centres of all nodes. Deterministic: the same map always gives the same picture. */
export function layoutMap(input: LayoutInput, ranker: Ranker = 'tight-tree'): Map<string, Point> {
  return input.down === true ? flip(layoutMap(flipInput(input), ranker)) : layoutAcross(input, ranker)
}

function layoutAcross(input: LayoutInput, ranker: Ranker): Map<string, Point> {
  const boxes = new Map<string, LayoutNode[]>()
  for (const n of input.nodes) {
    if (n.box === '') continue
    const members = boxes.get(n.box)
    if (members) members.push(n)
    else boxes.set(n.box, [n])
  }
  const boxOf = new Map(input.nodes.map((n) => [n.id, n.box]))
  const inside = new Map<string, Map<string, Point>>()
  const outer: LayoutNode[] = input.nodes.filter((n) => n.box === '')
  for (const [box, members] of boxes) {
    const ids = new Set(members.map((m) => m.id))
    const placed = layoutFlat(members, input.edges.filter((e) => ids.has(e.source) && ids.has(e.target)), ranker)
    inside.set(box, placed)
    const size = bounds(members, placed)
    outer.push({ id: box, width: size.width + 2 * BOX_PADDING, height: size.height + 2 * BOX_PADDING + BOX_TITLE, box: '' })
  }
  const up = (id: string) => boxOf.get(id) || id
  const between = input.edges.map((e) => ({ source: up(e.source), target: up(e.target) })).filter((e) => e.source !== e.target)
  const placed = layoutFlat(outer, between, ranker)
  for (const [box, points] of inside) {
    const at = placed.get(box) ?? { x: 0, y: 0 }
    placed.delete(box)
    const size = bounds(boxes.get(box) ?? [], points)
    for (const [id, p] of points) {
      placed.set(id, { x: at.x + p.x - size.x - size.width / 2, y: at.y + p.y - size.y - size.height / 2 + BOX_TITLE / 2 })
    }
  }
  return placed
}

function layoutFlat(nodes: readonly LayoutNode[], edges: LayoutInput['edges'], ranker: Ranker): Map<string, Point> {
  if (isDense(nodes.length, edges.length)) return layoutDense(nodes, edges)
  const touched = new Set<string>()
  for (const e of edges) {
    if (e.source === e.target) continue
    touched.add(e.source)
    touched.add(e.target)
  }
  const g = new dagre.graphlib.Graph({ multigraph: false })
  const lying = nodes.some((n) => n.height > n.width) // a map that goes down, flipped
  g.setGraph({ rankdir: 'LR', ranker, nodesep: lying ? SIDE_GAP : NODE_GAP, ranksep: lying ? ROW_GAP : RANK_GAP, edgesep: 8 })
  g.setDefaultEdgeLabel(() => ({}))
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const n of sorted) if (touched.has(n.id)) g.setNode(n.id, { width: n.width, height: n.height })
  for (const e of [...edges].sort((a, b) => (a.source + a.target < b.source + b.target ? -1 : 1))) {
    if (e.source !== e.target && g.hasNode(e.source) && g.hasNode(e.target)) g.setEdge(e.source, e.target)
  }
  if (g.nodeCount() > 0) dagre.layout(g)
  const out = new Map<string, Point>()
  for (const id of g.nodes()) {
    // dagre's labels are open objects; layout has put numbers there.
    const placed = g.node(id) as { x?: number; y?: number }
    if (placed.x !== undefined && placed.y !== undefined) out.set(id, { x: placed.x, y: placed.y })
  }
  const size = new Map(nodes.map((n) => [n.id, n]))
  dealColumns(out, size)
  gridBelow(sorted.filter((n) => !touched.has(n.id)), out, size)
  return out
}

/** Where nearly everything calls everything, layers become one long line that takes seconds to find and tells nothing. */
function isDense(nodes: number, edges: number): boolean {
  return nodes > 12 && edges > nodes * 8
}

/** A block of columns: who mostly calls stands left, who is mostly called stands right. */
function layoutDense(nodes: readonly LayoutNode[], edges: LayoutInput['edges']): Map<string, Point> {
  const flow = new Map<string, number>()
  for (const e of edges) {
    flow.set(e.source, (flow.get(e.source) ?? 0) - 1)
    flow.set(e.target, (flow.get(e.target) ?? 0) + 1)
  }
  const order = [...nodes].sort((a, b) => (flow.get(a.id) ?? 0) - (flow.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1))
  const width = Math.max(...nodes.map((n) => n.width)) + RANK_GAP / 2
  const height = Math.max(...nodes.map((n) => n.height)) + NODE_GAP
  const perColumn = Math.max(1, Math.round(Math.sqrt((nodes.length * width) / height / 1.7)))
  const out = new Map<string, Point>()
  order.forEach((n, i) => {
    const column = Math.floor(i / perColumn)
    // Every other column stands half a place lower, so that edges pass between nodes.
    out.set(n.id, { x: column * width, y: ((i % perColumn) + (column % 2) / 2) * height })
  })
  return out
}

/** Splits columns that are too tall into zigzag columns and moves what is right of them further right. */
function dealColumns(points: Map<string, Point>, size: ReadonlyMap<string, LayoutNode>): void {
  const columns = new Map<number, string[]>()
  for (const [id, p] of points) {
    const x = Math.round(p.x)
    const column = columns.get(x)
    if (column) column.push(id)
    else columns.set(x, [id])
  }
  const tallest = Math.max(0, ...[...columns.values()].map((c) => c.length))
  const lying = [...size.values()].some((n) => n.height > n.width) // a map that goes down, flipped
  // A large map may have taller columns; screens are wider than tall.
  const limit = lying ? ROW : Math.max(COLUMN, Math.ceil(Math.sqrt(points.size) * 0.8))
  if (tallest <= limit) return centre(points)
  const ways = (ids: readonly string[]) => Math.ceil(ids.length / limit)
  // Dealing makes room, so columns are pressed together and then pushed apart where nodes would touch.
  const squeeze = 1.6 * Math.max(...[...columns.values()].map(ways))
  let shift = 0
  for (const x of [...columns.keys()].sort((a, b) => a - b)) {
    const ids = (columns.get(x) ?? []).sort((a, b) => (points.get(a)?.y ?? 0) - (points.get(b)?.y ?? 0))
    const width = Math.max(...ids.map((id) => size.get(id)?.width ?? 0)) + 28
    ids.forEach((id, i) => {
      points.set(id, { x: x + shift + (i % ways(ids)) * width, y: (points.get(id)?.y ?? 0) / squeeze })
    })
    separate(ids, points, size, lying ? SIDE_GAP : NODE_GAP)
    shift += (ways(ids) - 1) * width
  }
  centre(points)
}

/** Pushes nodes of a column apart where they lie over one another. */
function separate(ids: readonly string[], points: Map<string, Point>, size: ReadonlyMap<string, LayoutNode>, gap: Px): void {
  const floor = new Map<number, number>()
  for (const id of ids) {
    const p = points.get(id) ?? { x: 0, y: 0 }
    const half = (size.get(id)?.height ?? 0) / 2
    const y = Math.max(p.y, (floor.get(p.x) ?? -Infinity) + half)
    points.set(id, { x: p.x, y })
    floor.set(p.x, y + half + gap)
  }
}

/** Columns keep their order but stand around one middle line. */
function centre(points: Map<string, Point>): void {
  const range = new Map<number, { min: number; max: number }>()
  for (const p of points.values()) {
    const r = range.get(p.x) ?? { min: p.y, max: p.y }
    range.set(p.x, { min: Math.min(r.min, p.y), max: Math.max(r.max, p.y) })
  }
  for (const [id, p] of points) {
    const r = range.get(p.x)
    if (r) points.set(id, { x: p.x, y: p.y - (r.min + r.max) / 2 })
  }
}

/** Nodes without edges stand in rows under the rest. */
function gridBelow(alone: readonly LayoutNode[], points: Map<string, Point>, size: ReadonlyMap<string, LayoutNode>): void {
  if (alone.length === 0) return
  const width = Math.max(...alone.map((n) => n.width)) + 28
  const height = Math.max(...alone.map((n) => n.height)) + NODE_GAP
  const rest = bounds([...points.keys()].flatMap((id) => size.get(id) ?? []), points)
  const across = Math.max(Math.round(rest.width / width), Math.ceil(Math.sqrt(alone.length * 1.8)))
  const top = points.size === 0 ? 0 : rest.y + rest.height + height * 0.8
  alone.forEach((n, i) => {
    points.set(n.id, { x: rest.x + width / 2 + (i % across) * width, y: top + Math.floor(i / across) * height })
  })
}

