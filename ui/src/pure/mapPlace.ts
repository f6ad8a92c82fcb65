// Placing nodes without laying a map out: known positions stay, new nodes find a free place beside their neighbours.
import type { Point } from './mapDraw'
import type { Px } from './units'

export interface LayoutNode {
  readonly id: string
  readonly width: Px
  readonly height: Px
  /** box that it stands in, or '' */
  readonly box: string
}

export interface LayoutInput {
  readonly nodes: readonly LayoutNode[]
  readonly edges: readonly { readonly source: string; readonly target: string }[]
  /** from top to bottom instead of left to right, for tall screens */
  readonly down?: boolean
}

export type Positions = ReadonlyMap<string, Point>

export interface Rect {
  readonly x: Px
  readonly y: Px
  readonly width: Px
  readonly height: Px
}

export const RANK_GAP: Px = 96
export const BOX_PADDING: Px = 28
export const BOX_TITLE: Px = 30

/** A map that goes down is one that goes right, with x and y exchanged. */
export function flipInput(input: LayoutInput): LayoutInput {
  return { nodes: input.nodes.map((n) => ({ ...n, width: n.height, height: n.width })), edges: input.edges }
}

export function flip(points: Positions): Map<string, Point> {
  return new Map([...points].map(([id, p]) => [id, { x: p.y, y: p.x }]))
}

/** The rectangle around nodes. */
export function bounds(nodes: readonly LayoutNode[], at: Positions): Rect {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const n of nodes) {
    const p = at.get(n.id)
    if (!p) continue
    x0 = Math.min(x0, p.x - n.width / 2)
    x1 = Math.max(x1, p.x + n.width / 2)
    y0 = Math.min(y0, p.y - n.height / 2)
    y1 = Math.max(y1, p.y + n.height / 2)
  }
  return x0 > x1 ? { x: 0, y: 0, width: 0, height: 0 } : { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }
}

/** Where the box around its members stands; null where none has a place. */
export function boxRect(members: readonly LayoutNode[], at: Positions): Rect | null {
  const r = bounds(members, at)
  if (r.width === 0) return null
  return { x: r.x - BOX_PADDING, y: r.y - BOX_PADDING - BOX_TITLE, width: r.width + 2 * BOX_PADDING, height: r.height + 2 * BOX_PADDING + BOX_TITLE }
}

/** Whether known positions may be kept: at least half of what is drawn has one. */
export function mostlyKnown(nodes: readonly LayoutNode[], known: Positions): boolean {
  return nodes.length > 0 && nodes.filter((n) => known.has(n.id)).length * 2 >= nodes.length
}

/** Keeps every known position and places the rest: right of their callers, at their neighbours' middle, pushed to a free spot. */
export function placeNew(input: LayoutInput, known: Positions): Map<string, Point> {
  if (input.down === true) return flip(placeNew(flipInput(input), flip(known)))
  const out = new Map<string, Point>()
  const todo: LayoutNode[] = []
  for (const n of [...input.nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const p = known.get(n.id)
    if (p) out.set(n.id, p)
    else todo.push(n)
  }
  // A few rounds, because a new node's only neighbour may be new as well.
  for (let round = 0; todo.length > 0; round++) {
    const before = todo.length
    for (let i = todo.length - 1; i >= 0; i--) {
      const wish = wished(todo[i], input, out)
      if (wish === null && round < before) continue
      out.set(todo[i].id, freeSpot(todo[i], wish ?? under(input, out), input, out))
      todo.splice(i, 1)
    }
  }
  return out
}

function wished(n: LayoutNode, input: LayoutInput, placed: Positions): Point | null {
  const from = input.edges.flatMap((e) => (e.target === n.id ? (placed.get(e.source) ?? []) : []))
  const to = input.edges.flatMap((e) => (e.source === n.id ? (placed.get(e.target) ?? []) : []))
  const around = [...from, ...to]
  if (around.length === 0) return null
  const step = n.width + RANK_GAP
  const x = from.length > 0 ? Math.max(...from.map((p) => p.x)) + step : Math.min(...to.map((p) => p.x)) - step
  return { x, y: around.reduce((sum, p) => sum + p.y, 0) / around.length }
}

function under(input: LayoutInput, placed: Positions): Point {
  const b = bounds(input.nodes, placed)
  return { x: b.x + 66, y: b.y + b.height + 90 }
}

function freeSpot(n: LayoutNode, wish: Point, input: LayoutInput, placed: Positions): Point {
  const others = input.nodes.flatMap((o) => {
    const p = placed.get(o.id)
    return p ? [{ p, o }] : []
  })
  const free = (y: number) =>
    others.every(({ p, o }) => Math.abs(p.x - wish.x) >= (o.width + n.width) / 2 || Math.abs(p.y - y) >= (o.height + n.height) / 2)
  const step = 12
  for (let k = 0; k < 2000; k++) {
    if (free(wish.y + k * step)) return { x: wish.x, y: wish.y + k * step }
    if (free(wish.y - k * step)) return { x: wish.x, y: wish.y - k * step }
  }
  return wish
}

/**
 * A picture without a layout, for a map whose layout took too long: callers left, callees right, in columns of even height, by
 * the least number of calls from where requests come in. Boxes stay together within a column.
 */
export function placeColumns(input: LayoutInput): Map<string, Point> {
  if (input.down === true) return flip(placeColumns(flipInput(input)))
  const rank = ranks(input)
  const order = [...input.nodes].sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0) || (a.box < b.box ? -1 : a.box > b.box ? 1 : a.id < b.id ? -1 : 1))
  const width = Math.max(0, ...order.map((n) => n.width)) + RANK_GAP / 2
  const height = Math.max(0, ...order.map((n) => n.height)) + 18
  const perColumn = Math.max(1, Math.ceil(Math.sqrt((order.length * width) / height / 1.7)))
  return new Map(order.map((n, i) => [n.id, { x: Math.floor(i / perColumn) * width, y: (i % perColumn) * height }]))
}

/** How many calls away each node is from one that nothing calls. */
function ranks(input: LayoutInput): Map<string, number> {
  const called = new Set(input.edges.map((e) => e.target))
  const calls = new Map<string, string[]>()
  for (const e of input.edges) {
    const list = calls.get(e.source)
    if (list) list.push(e.target)
    else calls.set(e.source, [e.target])
  }
  const out = new Map<string, number>()
  let rim = input.nodes.filter((n) => !called.has(n.id)).map((n) => n.id)
  for (let r = 0; rim.length > 0; r++) {
    for (const id of rim) out.set(id, r)
    rim = [...new Set(rim.flatMap((id) => calls.get(id) ?? []))].filter((id) => !out.has(id))
  }
  return out
}
