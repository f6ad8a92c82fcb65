// What lies under the pointer where the map is painted instead of made of elements.
import type { Curve, Disc, Point } from './mapDraw'
import type { Px } from './units'

/** The node whose disc a point is in or, within `slack`, nearest to. */
export function nodeAt(discs: ReadonlyMap<string, Disc>, at: Point, slack: Px): string | undefined {
  let best: string | undefined
  let least = slack
  for (const [id, d] of discs) {
    const off = Math.hypot(d.x - at.x, d.y - at.y) - d.r
    if (off <= least) {
      best = id
      least = off
    }
  }
  return best
}

const SAMPLES = 24

/** The edge that passes within `slack` of a point. */
export function edgeAt(curves: Iterable<readonly [string, Curve]>, at: Point, slack: Px): string | undefined {
  let best: string | undefined
  let least = slack
  for (const [id, { points }] of curves) {
    if (!near(points, at, slack)) continue
    for (let i = 0; i <= SAMPLES; i++) {
      const a = along(points, i / SAMPLES)
      const b = along(points, Math.min(1, (i + 1) / SAMPLES))
      const off = toSegment(at, a, b)
      if (off <= least) {
        best = id
        least = off
      }
    }
  }
  return best
}

function near(points: Curve['points'], at: Point, slack: Px): boolean {
  const xs = points.map((p) => p.x)
  const ys = points.map((p) => p.y)
  return at.x >= Math.min(...xs) - slack && at.x <= Math.max(...xs) + slack && at.y >= Math.min(...ys) - slack && at.y <= Math.max(...ys) + slack
}

function along([a, b, c, d]: Curve['points'], t: number): Point {
  const u = 1 - t
  const at = (p: number, q: number, r: number, s: number) => u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s
  return { x: at(a.x, b.x, c.x, d.x), y: at(a.y, b.y, c.y, d.y) }
}

function toSegment(p: Point, a: Point, b: Point): Px {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const t = length > 0 ? Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length)) : 0
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy)
}

export interface View {
  readonly x: Px
  readonly y: Px
  readonly zoom: number
}

/** The whole map in a small picture. */
export function overviewOf(discs: ReadonlyMap<string, Disc>, width: Px, height: Px): View | null {
  return fitted(discs, { width, height }, { top: 6, right: 6, bottom: 6, left: 6 }, 0.2, 0.001)
}

/** The view in which all discs and their names can be seen, inside of a padding. */
export function fitted(discs: ReadonlyMap<string, Disc>, size: { width: Px; height: Px }, padding: { top: Px; right: Px; bottom: Px; left: Px }, most: number, least: number): View | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const d of discs.values()) {
    x0 = Math.min(x0, d.x - Math.max(66, d.r))
    x1 = Math.max(x1, d.x + Math.max(66, d.r))
    y0 = Math.min(y0, d.y - d.r)
    y1 = Math.max(y1, d.y + d.r + 30)
  }
  if (x0 > x1) return null
  const width = Math.max(80, size.width - padding.left - padding.right)
  const height = Math.max(80, size.height - padding.top - padding.bottom)
  const zoom = Math.min(most, Math.max(least, Math.min(width / (x1 - x0), height / (y1 - y0))))
  return {
    zoom,
    x: padding.left + (width - (x1 - x0) * zoom) / 2 - x0 * zoom,
    y: padding.top + (height - (y1 - y0) * zoom) / 2 - y0 * zoom,
  }
}
