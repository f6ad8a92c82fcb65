/** Paints a large map: its edges, and from afar its nodes too. What is near the eye stays made of elements. */
import type { Alarm } from '../pure/alerts'
import { ALERT_SHAPES, type Shape, shapeOf } from '../pure/alertShapes'
import { middleEllipsis } from '../pure/format'
import { type Curve, type Disc, edgeWidth, redness } from '../pure/mapDraw'
import type { Delta } from '../pure/mapCompare'
import type { View } from '../pure/mapHit'
import type { SceneEdge, SceneNode } from '../pure/mapScene'
import { type Arc, ringArcs } from '../pure/mapStats'
import { mix } from '../pure/mapSvg'
import type { Change } from '../pure/red'
import type { Px } from '../pure/units'
import { token } from '../widgets/theme'

export interface PaintedEdge {
  readonly edge: SceneEdge
  readonly curve: Curve
  readonly width: Px
  /** 0 to 4 */
  readonly red: number
  /** against an earlier time, which then is what is painted */
  readonly tone?: Tone
}

export interface PaintedNode {
  readonly node: SceneNode
  readonly disc: Disc
  readonly arcs: readonly Arc[]
  readonly tone?: Tone
  /** that it has alerts */
  readonly alarm?: Shape
  readonly label: string
  /** keeps its name from afar */
  readonly named: boolean
}

export interface Crowd {
  readonly edges: readonly PaintedEdge[]
  readonly nodes: readonly PaintedNode[]
}

const REDS = 4

type Tone = Change['tone']
type Deltas = { readonly nodes: ReadonlyMap<string, Delta>; readonly edges: ReadonlyMap<string, Delta> }

/** What a frame needs, worked out once a map. Quiet edges come first, so that what fails lies on top. */
export function crowdOf(nodes: readonly SceneNode[], edges: readonly SceneEdge[], discs: ReadonlyMap<string, Disc>, curves: ReadonlyMap<string, Curve>, named: ReadonlySet<string>, deltas?: Deltas, alarms?: ReadonlyMap<string, Alarm>): Crowd {
  const busiest = edges.reduce((max, e) => Math.max(max, e.stats.rate), 0)
  const painted = edges.flatMap((edge) => {
    const curve = curves.get(edge.id)
    const tone = deltas && (deltas.edges.get(edge.id)?.tone ?? 'same')
    const red = tone === undefined ? Math.round((redness(edge.stats) / 100) * REDS) : Number(tone !== 'same')
    return curve ? [{ edge, curve, width: Math.round(edgeWidth(edge.stats.rate, busiest)), red, tone }] : []
  })
  painted.sort((a, b) => a.red - b.red || a.width - b.width)
  return {
    edges: painted,
    nodes: nodes.flatMap((node) => {
      const disc = discs.get(node.id)
      const tone = deltas && (deltas.nodes.get(node.id)?.tone ?? 'same')
      const alarm = alarms?.get(node.id)
      const bad = tone === undefined ? redness(node.stats) : tone === 'same' ? 0 : 100
      return disc ? [{ node, disc, arcs: ringArcs(node.stats), tone, alarm: alarm && shapeOf(alarm), label: middleEllipsis(node.label, 22), named: named.has(node.id) || bad >= 30 || (alarm?.firing ?? 0) > 0 }] : []
    }),
  }
}

/** How much of what is not lit remains. */
const DIM = 0.18

/** `lit` are the ids that stand out, of nodes and edges; null for none. `far` paints nodes as well. */
export function paintCrowd(c: CanvasRenderingContext2D, size: { width: Px; height: Px }, view: View, crowd: Crowd, lit: ReadonlySet<string> | null, far: boolean): void {
  const ratio = window.devicePixelRatio || 1
  c.setTransform(ratio, 0, 0, ratio, 0, 0)
  c.clearRect(0, 0, size.width, size.height)
  c.setTransform(ratio * view.zoom, 0, 0, ratio * view.zoom, ratio * view.x, ratio * view.y)
  const seen = { x0: (0 - view.x) / view.zoom, y0: (0 - view.y) / view.zoom, x1: (size.width - view.x) / view.zoom, y1: (size.height - view.y) / view.zoom }
  paintEdges(c, view.zoom, crowd.edges, seen, lit)
  if (far) paintNodes(c, view, crowd.nodes, seen, lit)
}

type Seen = { x0: Px; y0: Px; x1: Px; y1: Px }

function paintEdges(c: CanvasRenderingContext2D, zoom: number, edges: readonly PaintedEdge[], seen: Seen, lit: ReadonlySet<string> | null): void {
  const quiet = mix(token('--bg'), token('--text-3'), 0.58)
  const fault = token('--fault')
  const shades = Array.from({ length: REDS + 1 }, (_, i) => mix(quiet, fault, i / REDS))
  const tones = tonesOf(quiet)
  let style = ''
  for (const { edge, curve, width, red, tone } of edges) {
    const [a, b, d, e] = curve.points
    if (Math.max(a.x, b.x, d.x, e.x) < seen.x0 || Math.min(a.x, b.x, d.x, e.x) > seen.x1 || Math.max(a.y, b.y, d.y, e.y) < seen.y0 || Math.min(a.y, b.y, d.y, e.y) > seen.y1) continue
    const alpha = edge.ghost ? 0.2 : lit === null ? (red > 0 ? 1 : 0.55) : lit.has(edge.id) ? 1 : DIM
    const shade = tone === undefined ? shades[red] : tones[tone]
    const next = `${shade}|${width}|${alpha}`
    if (next !== style) {
      style = next
      c.globalAlpha = alpha
      c.strokeStyle = shade
      // Thinner than this, a line comes and goes while panning.
      c.lineWidth = Math.max(width, 0.7 / zoom)
    }
    c.beginPath()
    c.moveTo(a.x, a.y)
    c.bezierCurveTo(b.x, b.y, d.x, d.y, e.x, e.y)
    c.stroke()
    if (zoom > 0.3) paintArrow(c, curve, width, shade)
  }
  c.globalAlpha = 1
}

function tonesOf(quiet: string): Readonly<Record<Tone, string>> {
  return { worse: token('--slower'), better: token('--faster'), same: quiet }
}

function paintArrow(c: CanvasRenderingContext2D, { tip, angle }: Curve, width: Px, colour: string): void {
  const [back, half] = [7 + width * 0.7, 3 + width * 0.6]
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  c.fillStyle = colour
  c.beginPath()
  c.moveTo(tip.x, tip.y)
  c.lineTo(tip.x - cos * back + sin * half, tip.y - sin * back - cos * half)
  c.lineTo(tip.x - cos * back - sin * half, tip.y - sin * back + cos * half)
  c.fill()
}

const QUARTER = Math.PI / 2
const RADIANS = Math.PI / 180

function paintNodes(c: CanvasRenderingContext2D, view: View, nodes: readonly PaintedNode[], seen: Seen, lit: ReadonlySet<string> | null): void {
  const colours = { ok: token('--ok'), error: token('--error'), fault: token('--fault'), throttle: token('--throttle') }
  const [surface, line, faint] = [token('--surface'), token('--line-strong'), token('--text-3')]
  const inSight = nodes.filter(({ disc: d }) => d.x + d.r >= seen.x0 && d.x - d.r <= seen.x1 && d.y + d.r >= seen.y0 && d.y - d.r <= seen.y1)
  const tones = tonesOf(line)
  for (const { node, disc, arcs, tone } of inSight) {
    c.globalAlpha = node.ghost ? 0.35 : lit === null || lit.has(node.id) ? 1 : DIM
    c.fillStyle = surface
    c.strokeStyle = node.inferred ? faint : line
    c.lineWidth = 2
    c.beginPath()
    c.arc(disc.x, disc.y, disc.r - 3, 0, 2 * Math.PI)
    c.fill()
    if (tone !== undefined) {
      c.strokeStyle = tones[tone]
      c.lineWidth = tone === 'same' ? 5 : 11
    }
    if (arcs.length === 0 || tone !== undefined) c.stroke()
    for (const arc of tone === undefined ? arcs : []) {
      const bad = arc.class !== 'ok'
      c.strokeStyle = colours[arc.class]
      c.lineWidth = bad ? 11 : 5
      c.beginPath()
      c.arc(disc.x, disc.y, disc.r - 4, arc.from * RADIANS - QUARTER, arc.to * RADIANS - QUARTER)
      c.stroke()
    }
  }
  c.globalAlpha = 1
  paintAlarms(c, view, inSight, lit)
  paintNames(c, view, inSight, lit)
}

/** In the size of the page's own, at the upper left of a node. */
function paintAlarms(c: CanvasRenderingContext2D, view: View, nodes: readonly PaintedNode[], lit: ReadonlySet<string> | null): void {
  const bg = token('--bg')
  const colours: Readonly<Record<Shape, string>> = { critical: token('--fault'), warning: token('--error'), info: token('--accent'), pending: token('--text-2') }
  for (const { node, disc, alarm } of nodes) {
    if (alarm === undefined) continue
    c.save()
    c.globalAlpha = lit === null || lit.has(node.id) ? 1 : DIM
    c.translate(disc.x - disc.r * 0.7, disc.y - disc.r * 0.7)
    c.scale(1 / view.zoom, 1 / view.zoom)
    c.fillStyle = bg
    c.beginPath()
    c.arc(0, 0, 8, 0, 2 * Math.PI)
    c.fill()
    c.translate(-6, -6)
    c.fillStyle = colours[alarm]
    c.fill(new Path2D(ALERT_SHAPES[alarm]), 'evenodd')
    c.restore()
  }
}

/** Names in the size of the page's text, as many as do not lie over one another; what is lit and what fails comes first. */
function paintNames(c: CanvasRenderingContext2D, view: View, nodes: readonly PaintedNode[], lit: ReadonlySet<string> | null): void {
  const ratio = window.devicePixelRatio || 1
  c.setTransform(ratio, 0, 0, ratio, 0, 0)
  c.font = `500 11px ${token('--font')}`
  c.textAlign = 'center'
  c.textBaseline = 'top'
  const [bg, text] = [token('--bg'), token('--text')]
  const taken: Seen[] = []
  const wanted = nodes.filter((n) => (lit === null ? n.named : lit.has(n.node.id)))
  wanted.sort((a, b) => redness(b.node.stats) - redness(a.node.stats) || (b.node.stats?.rate ?? 0) - (a.node.stats?.rate ?? 0))
  for (const { disc, label } of wanted) {
    const x = disc.x * view.zoom + view.x
    const y = (disc.y + disc.r) * view.zoom + view.y + 3
    const half = c.measureText(label).width / 2 + 3
    const box = { x0: x - half, x1: x + half, y0: y - 1, y1: y + 13 }
    if (taken.some((t) => t.x0 < box.x1 && t.x1 > box.x0 && t.y0 < box.y1 && t.y1 > box.y0)) continue
    taken.push(box)
    c.globalAlpha = 0.8
    c.fillStyle = bg
    c.fillRect(box.x0, box.y0, 2 * half, 14)
    c.globalAlpha = 1
    c.fillStyle = text
    c.fillText(label, x, y)
  }
}
