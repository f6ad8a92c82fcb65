// The map as an SVG document of its own, for export: the same curves and arcs as on the page, colours filled in.
import type { Alarm } from './alerts'
import { ALERT_SHAPES, countOf, shapeOf } from './alertShapes'
import { formatDuration, middleEllipsis } from './format'
import { type Delta, headline } from './mapCompare'
import { arcPath, arrowPath, curve, type Disc, edgeWidth, perMinute, redness } from './mapDraw'
import { GLYPH_PATHS } from './mapGlyphs'
import type { SceneEdge, SceneNode } from './mapScene'
import { ringArcs } from './mapStats'
import type { Class } from '../api/types'

export type Palette = Readonly<Record<'bg' | 'surface' | 'text' | 'text2' | 'text3' | 'line' | 'edge' | 'worse' | 'better' | 'accent' | Class, string>>

/** Nodes and edges against an earlier time, where that is what is drawn. */
type Deltas = { readonly nodes: ReadonlyMap<string, Delta>; readonly edges: ReadonlyMap<string, Delta> }

const AIR = 48

/** One string, complete with a background, title and fonts that every viewer has. */
export function mapSvg(nodes: readonly SceneNode[], edges: readonly SceneEdge[], discs: ReadonlyMap<string, Disc>, boxes: readonly LabelledBox[], palette: Palette, title: string, down = false, deltas?: Deltas, alarms?: ReadonlyMap<string, Alarm>): { svg: string; width: number; height: number } {
  const all = [...discs.values()]
  const least = (of: (d: Disc) => number, box: (b: LabelledBox) => number) => boxes.reduce((m, b) => Math.min(m, box(b)), all.reduce((m, d) => Math.min(m, of(d)), Infinity))
  const x0 = least((d) => d.x - 70, (b) => b.x) - AIR
  const y0 = least((d) => d.y - d.r, (b) => b.y) - AIR
  const width = AIR - least((d) => -(d.x + 70), (b) => -(b.x + b.width)) - x0
  const height = AIR - least((d) => -(d.y + d.r + 30), (b) => -(b.y + b.height)) - y0
  const busiest = edges.reduce((max, e) => Math.max(max, e.stats.rate), 0)
  const body = [...boxes.map((b) => boxSvg(b, palette)), ...edges.map((e) => edgeSvg(e, discs, busiest, palette, down, deltas)), ...nodes.map((n) => nodeSvg(n, discs.get(n.id), palette, deltas, alarms?.get(n.id)))].join('\n')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${r(width)}" height="${r(height)}" viewBox="${r(x0)} ${r(y0)} ${r(width)} ${r(height)}" font-family="Inter, Helvetica, Arial, sans-serif">
<title>${escape(title)}</title>
<rect x="${r(x0)}" y="${r(y0)}" width="${r(width)}" height="${r(height)}" fill="${palette.bg}"/>
${body}
</svg>`
  return { svg, width: Math.ceil(width), height: Math.ceil(height) }
}

/** An open group. */
export interface LabelledBox {
  readonly label: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function boxSvg(b: LabelledBox, p: Palette): string {
  return `<rect x="${r(b.x)}" y="${r(b.y)}" width="${r(b.width)}" height="${r(b.height)}" rx="16" fill="${p.surface}" stroke="${p.line}"/><text x="${r(b.x + 14)}" y="${r(b.y + 22)}" font-size="13" font-weight="600" fill="${p.text2}">${escape(b.label)}</text>`
}

function edgeSvg(e: SceneEdge, discs: ReadonlyMap<string, Disc>, busiest: number, p: Palette, down: boolean, deltas: Deltas | undefined): string {
  const a = discs.get(e.source)
  const b = discs.get(e.target)
  if (!a || !b) return ''
  const line = curve(a, b, down)
  const width = edgeWidth(e.stats.rate, busiest)
  const colour = deltas === undefined ? mix(p.edge, p.fault, redness(e.stats) / 100) : toneOf(deltas.edges.get(e.id), p, p.edge)
  return `<path d="${line.path}" fill="none" stroke="${colour}" stroke-width="${width}"${e.ghost ? ' opacity="0.25"' : ''}${e.async ? ' stroke-dasharray="9 6"' : ''}/><path d="${arrowPath(line, width)}" fill="${colour}"/>`
}

function nodeSvg(n: SceneNode, d: Disc | undefined, p: Palette, deltas: Deltas | undefined, alarm: Alarm | undefined): string {
  if (!d) return ''
  const dash = n.inferred ? ' stroke-dasharray="4 3"' : ''
  const delta = deltas?.nodes.get(n.id)
  const tone = delta && `<circle cx="${r(d.x)}" cy="${r(d.y)}" r="${r(d.r - 3.5)}" fill="none" stroke="${toneOf(delta, p, p.line)}" stroke-width="${delta.tone === 'same' ? 4 : 6}"/>`
  const arcs = (deltas === undefined ? ringArcs(n.stats) : []).map((arc) => {
    const bad = arc.class !== 'ok'
    return `<path d="${arcPath(d.x, d.y, d.r - (bad ? 3.5 : 3), arc)}" fill="none" stroke="${p[arc.class]}" stroke-width="${bad ? 6 : 3}"${bad ? '' : dash}/>`
  })
  const service = n.kind.glyph === 'service' && n.shape === 'node' && n.stats !== null
  const glyph = service ? '' : `<path transform="translate(${r(d.x - 9)} ${r(d.y - (n.stats ? 18 : 9))}) scale(0.75)" d="${GLYPH_PATHS[n.kind.glyph]}" fill="none" stroke="${p.text2}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`
  const [top, bottom] = n.stats === null ? ['', ''] : delta ? headline(delta, formatDuration(n.stats.p95_ns)) : [formatDuration(n.stats.p95_ns), perMinute(n.stats.rate)]
  const figures = n.stats === null ? '' : text(d.x, d.y + (service ? 0 : 12), top, 12, 600, p.text) + (service || delta ? text(d.x, d.y + (service ? 13 : 23), bottom, 10, 400, p.text3) : '')
  const badge = n.kind.badge === '' ? '' : badgeSvg(d, n.kind.badge, p)
  return `<g${n.ghost ? ' opacity="0.42"' : ''}><circle cx="${r(d.x)}" cy="${r(d.y)}" r="${r(d.r - 2)}" fill="${p.surface}" stroke="${p.line}" stroke-width="1.5"${dash}/>${tone ?? ''}${arcs.join('')}${glyph}${figures}${badge}${alarm ? alarmSvg(d, alarm, p) : ''}${text(d.x, d.y + d.r + 16, middleEllipsis(n.label, 20), 12, 500, p.text)}</g>`
}

function toneOf(delta: Delta | undefined, p: Palette, same: string): string {
  return delta === undefined || delta.tone === 'same' ? same : p[delta.tone]
}

function badgeSvg(d: Disc, badge: string, p: Palette): string {
  const width = badge.length * 6.2 + 10
  return `<rect x="${r(d.x + 12)}" y="${r(d.y - d.r - 3)}" width="${r(width)}" height="16" rx="8" fill="${p.surface}" stroke="${p.line}"/>${text(d.x + 12 + width / 2, d.y - d.r + 8.5, badge, 9.5, 600, p.text2)}`
}

function alarmSvg(d: Disc, alarm: Alarm, p: Palette): string {
  const shape = shapeOf(alarm)
  const count = String(countOf(alarm))
  const width = count.length * 6.2 + 21
  const [fill, ink, line] = shape === 'pending' ? [p.surface, p.text2, p.line] : [shape === 'critical' ? p.fault : shape === 'info' ? p.accent : p.error, p.bg, p.bg]
  const [x, y] = [d.x - 10 - width, d.y - d.r - 4]
  return `<g><title>${escape(alarm.words)}</title><rect x="${r(x)}" y="${r(y)}" width="${r(width)}" height="16" rx="8" fill="${fill}" stroke="${line}"/><path transform="translate(${r(x + 4)} ${r(y + 3)}) scale(0.83)" d="${ALERT_SHAPES[shape]}" fill="${ink}" fill-rule="evenodd"/>${text(x + 15 + (width - 19) / 2, y + 11.5, count, 10, 700, ink)}</g>`
}

function text(x: number, y: number, content: string, size: number, weight: number, fill: string): string {
  return `<text x="${r(x)}" y="${r(y)}" text-anchor="middle" font-size="${size}" font-weight="${weight}" fill="${fill}">${escape(content)}</text>`
}

const r = (n: number) => Math.round(n * 10) / 10

function escape(s: string): string {
  return s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

/** Mixes two colours of the form #rrggbb. */
export function mix(a: string, b: string, share: number): string {
  const parse = (c: string) => [1, 3, 5].map((i) => Number.parseInt(c.slice(i, i + 2), 16))
  const [x, y] = [parse(a), parse(b)]
  if ([...x, ...y].some(Number.isNaN)) return share > 0.5 ? b : a
  return '#' + x.map((v, i) => Math.round(v + (y[i] - v) * share).toString(16).padStart(2, '0')).join('')
}
