// Walking the map with the arrow keys: left to a caller, right to a callee, up and down within the column.
import type { Point } from './mapDraw'
import { flip, type Positions } from './mapPlace'

export type Direction = 'left' | 'right' | 'up' | 'down'

/** On a map that flows down, callers are above and callees below. */
const TURNED: Record<Direction, Direction> = { up: 'left', down: 'right', left: 'up', right: 'down' }

/** The node that an arrow key leads to, or undefined where there is none. */
export function walk(
  from: string, direction: Direction, edges: readonly { readonly source: string; readonly target: string }[], at: Positions, down = false,
): string | undefined {
  if (down) return walk(from, TURNED[direction], edges, flip(at))
  const here = at.get(from)
  if (!here) return undefined
  if (direction === 'left') return nearest(here, edges.filter((e) => e.target === from && e.source !== from).map((e) => e.source), at)
  if (direction === 'right') return nearest(here, edges.filter((e) => e.source === from && e.target !== from).map((e) => e.target), at)
  const sign = direction === 'up' ? -1 : 1
  let best: string | undefined
  let least = Infinity
  for (const [id, p] of at) {
    const dy = (p.y - here.y) * sign
    if (id === from || dy <= 0) continue
    const cost = dy + Math.abs(p.x - here.x) * 2.5
    if (cost < least) {
      least = cost
      best = id
    }
  }
  return best
}

/** Where to start when nothing has the focus: the leftmost, then the topmost. */
export function firstNode(at: Positions): string | undefined {
  let best: string | undefined
  let where: Point = { x: Infinity, y: Infinity }
  for (const [id, p] of at) {
    if (p.x < where.x - 1 || (Math.abs(p.x - where.x) <= 1 && p.y < where.y)) {
      best = id
      where = p
    }
  }
  return best
}

function nearest(here: Point, ids: readonly string[], at: Positions): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const id of ids) {
    const p = at.get(id)
    if (!p) continue
    const cost = Math.abs(p.y - here.y) + Math.abs(p.x - here.x) * 0.2
    if (cost < least) {
      least = cost
      best = id
    }
  }
  return best
}
