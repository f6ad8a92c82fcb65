// Sizes, widths and curves of the map: numbers only.
import type { Stats } from '../api/types'
import { formatCount, formatDuration, formatPercent, formatRate } from './format'
import type { Arc } from './mapStats'
import { badShare, share } from './mapStats'
import { failedShare } from './red'
import type { Px } from './units'

export const SIZES = ['traffic', 'latency', 'constant'] as const
export type SizeBy = (typeof SIZES)[number]
export const COLOURS = ['health', 'latency', 'change'] as const
export type ColourBy = (typeof COLOURS)[number]

const SMALL: Px = 52
const LARGE: Px = 88
const CONSTANT: Px = 64
/** Height of the name under a node. */
export const NAME_HEIGHT: Px = 34
/** Width that a name may take. */
export const NAME_WIDTH: Px = 132

/** Diameter by the square root of traffic (or latency), so that areas compare. */
export function nodeSize(stats: Stats | null, by: SizeBy, max: number): Px {
  if (by === 'constant') return CONSTANT
  if (stats === null || max <= 0) return SMALL
  const value = by === 'traffic' ? stats.rate : stats.p95_ns
  return Math.round(SMALL + (LARGE - SMALL) * Math.sqrt(Math.min(1, value / max)))
}

export function sizeMax(all: readonly (Stats | null)[], by: SizeBy): number {
  return all.reduce((max, s) => Math.max(max, s === null ? 0 : by === 'traffic' ? s.rate : s.p95_ns), 0)
}

/** 1.25 to 6 px by the logarithm of the rate against the busiest edge. */
export function edgeWidth(rate: number, max: number): Px {
  if (rate <= 0 || max <= 0) return 1.25
  const decades = 3 // a thousandth of the busiest edge is as thin as any
  const t = Math.max(0, 1 + Math.log10(rate / max) / decades)
  return Math.round((1.25 + 4.75 * Math.min(1, t) ** 1.4) * 100) / 100
}

/** How red something is, 0 to 100: one fault in a hundred already shows, one in a thousand hardly. */
export function redness(stats: Stats | null): number {
  const bad = badShare(stats)
  return bad <= 0 ? 0 : Math.round(Math.min(1, Math.sqrt(bad) * 1.8) * 100)
}

/** How loud latency is against the slowest of the view, 0 to 100, in log space over three decades. */
export function slowness(stats: Stats | null, max: number): number {
  if (stats === null || stats.p95_ns <= 0 || max <= 0) return 0
  return Math.round(Math.max(0, 1 + Math.log10(stats.p95_ns / max) / 3) * 100)
}

export interface Point {
  readonly x: Px
  readonly y: Px
}

/** An SVG arc of a circle; a full circle is two halves. */
export function arcPath(cx: Px, cy: Px, r: Px, arc: Arc): string {
  if (arc.to - arc.from >= 359.999) {
    return `M ${cx} ${cy - r} A ${r} ${r} 0 1 1 ${cx} ${cy + r} A ${r} ${r} 0 1 1 ${cx} ${cy - r}`
  }
  const a = onCircle(cx, cy, r, arc.from)
  const b = onCircle(cx, cy, r, arc.to)
  return `M ${a.x} ${a.y} A ${r} ${r} 0 ${arc.to - arc.from > 180 ? 1 : 0} 1 ${b.x} ${b.y}`
}

function onCircle(cx: Px, cy: Px, r: Px, degrees: number): Point {
  const angle = ((degrees - 90) * Math.PI) / 180
  return { x: round(cx + r * Math.cos(angle)), y: round(cy + r * Math.sin(angle)) }
}

const round = (n: number) => Math.round(n * 100) / 100

export interface Disc extends Point {
  /** radius */
  readonly r: Px
}

export interface Curve {
  readonly path: string
  /** the bezier of `path`: start, two control points, end */
  readonly points: readonly [Point, Point, Point, Point]
  readonly middle: Point
  /** where the arrow's point is, and its direction in radians */
  readonly tip: Point
  readonly angle: number
}

const ARROW: Px = 7

/** A bezier from rim to rim. Edges against the flow bow out, so that they never lie over their opposite. `down`: the map flows to the bottom. */
export function curve(a: Disc, b: Disc, down = false): Curve {
  if (a.x === b.x && a.y === b.y) return loop(a)
  const turn = <T extends Point>(p: T): T => (down ? { ...p, x: p.y, y: p.x } : p)
  const [p, q] = [turn(a), turn(b)]
  const forward = q.x - p.x
  const back = forward < 40
  const bend = back ? Math.max(60, Math.abs(forward) * 0.35) : Math.max(24, forward * 0.45)
  const lift = back && Math.abs(q.y - p.y) < 60 ? 70 : 0
  const c1 = turn({ x: p.x + bend, y: p.y - lift })
  const c2 = turn({ x: q.x - bend, y: q.y - lift })
  const start = rim(a, c1, 1)
  const tip = rim(b, c2, 3)
  const end = rim(b, c2, 3 + ARROW)
  const path = `M ${start.x} ${start.y} C ${round(c1.x)} ${round(c1.y)} ${round(c2.x)} ${round(c2.y)} ${end.x} ${end.y}`
  return { path, points: [start, c1, c2, end], middle: middleOf(start, c1, c2, end), tip, angle: Math.atan2(tip.y - c2.y, tip.x - c2.x) }
}

function loop(a: Disc): Curve {
  const h = a.r + 34
  const tip = { x: round(a.x + a.r * 0.5), y: round(a.y - a.r * 0.9) }
  const start = { x: round(a.x - a.r * 0.5), y: round(a.y - a.r * 0.9) }
  const [c1, c2, end] = [{ x: a.x - h, y: round(a.y - a.r - h) }, { x: a.x + h, y: round(a.y - a.r - h) }, { x: tip.x + 4, y: tip.y - 7 }]
  return {
    path: `M ${start.x} ${start.y} C ${c1.x} ${c1.y} ${c2.x} ${c2.y} ${end.x} ${end.y}`,
    points: [start, c1, c2, end],
    middle: { x: a.x, y: round(a.y - a.r - h * 0.72) },
    tip,
    angle: 2.1,
  }
}

/** The point on a disc's rim towards `to`, `gap` px off it. */
function rim(d: Disc, to: Point, gap: Px): Point {
  const dx = to.x - d.x
  const dy = to.y - d.y
  const length = Math.hypot(dx, dy) || 1
  return { x: round(d.x + (dx / length) * (d.r + gap)), y: round(d.y + (dy / length) * (d.r + gap)) }
}

function middleOf(p0: Point, p1: Point, p2: Point, p3: Point): Point {
  return { x: round((p0.x + 3 * p1.x + 3 * p2.x + p3.x) / 8), y: round((p0.y + 3 * p1.y + 3 * p2.y + p3.y) / 8) }
}

/** The arrow head as a closed path. */
export function arrowPath(c: Curve, width: Px): string {
  const half = 3 + width * 0.6
  const back = ARROW + width * 0.7
  const at = (along: number, across: number) => {
    const x = c.tip.x + Math.cos(c.angle) * along - Math.sin(c.angle) * across
    const y = c.tip.y + Math.sin(c.angle) * along + Math.cos(c.angle) * across
    return `${round(x)} ${round(y)}`
  }
  return `M ${at(0, 0)} L ${at(-back, -half)} L ${at(-back, half)} Z`
}

/** `340/min`: what stands under the latency inside a node. Less than one is told per hour, as elsewhere. */
export function perMinute(rate: number): string {
  const n = rate * 60
  if (n < 1) return formatRate(rate)
  return n >= 1000 ? `${compact(n)}/min` : `${n >= 10 ? Math.round(n) : Number(n.toPrecision(2))}/min`
}

function compact(n: number): string {
  return n >= 1e6 ? `${Number((n / 1e6).toPrecision(2))}M` : `${n >= 1e4 ? Math.round(n / 1e3) : Number((n / 1e3).toPrecision(2))}k`
}

/** "checkout, service, 1,200 requests per minute, 2 % faults, p95 310 ms". */
export function spoken(name: string, words: string, stats: Stats | null): string {
  const parts = [name, words]
  if (stats !== null && stats.requests > 0) {
    parts.push(`${formatCount(stats.rate * 60)} requests per minute`)
    if (stats.fault > 0) parts.push(`${formatPercent(share(stats, 'fault'))} faults`)
    if (stats.error > 0) parts.push(`${formatPercent(share(stats, 'error'))} errors`)
    if (stats.throttle > 0) parts.push(`${formatPercent(share(stats, 'throttle'))} throttled`)
    parts.push(`p95 ${formatDuration(stats.p95_ns)}`)
  }
  return parts.join(', ')
}

/** An edge's label: "12/s · 31 ms" and, where some fail, "2 % failed". */
export function edgeLabel(stats: Stats): readonly string[] {
  const failed = failedShare(stats)
  return [`${formatRate(stats.rate)} · ${formatDuration(stats.p95_ns)}`, ...(failed > 0 ? [`${formatPercent(failed)} failed`] : [])]
}
