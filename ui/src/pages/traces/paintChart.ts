/** Draws the latency chart: bars of how much and how much failed, and under them dots or cells. */
import { durationTicks, type Dot, type Frame, xOf, yOf } from '../../pure/scatter'
import { formatDuration, formatShort } from '../../pure/format'
import { type Bar, type Grid, inkOf, markOf, rectOf } from '../../pure/heatmap'
import { tickLabel, timeTicks } from '../../pure/time'
import type { Px } from '../../pure/units'
import { token } from '../../widgets/theme'

/** The strip of the bars, above the frame. */
export type Strip = { top: Px; bottom: Px }

export function paintAxes(c: CanvasRenderingContext2D, f: Frame): void {
  c.font = `11px ${token('--font')}`
  c.lineWidth = 1
  c.strokeStyle = token('--line')
  c.fillStyle = token('--text-3')
  c.textBaseline = 'middle'
  c.textAlign = 'right'
  for (const ns of durationTicks(f)) {
    const y = Math.round(yOf(f, ns)) + 0.5
    line(c, f.left, y, f.right, y)
    c.fillText(formatDuration(ns), f.left - 8, y)
  }
  c.textAlign = 'center'
  c.textBaseline = 'alphabetic'
  const { at, step } = timeTicks(f.from, f.to, Math.max(2, Math.floor((f.right - f.left) / 88)))
  for (const t of at) {
    const x = xOf(f, t)
    if (x < f.left + 16 || x > f.right - 16) continue
    c.fillText(tickLabel(t, step), x, f.bottom + 16)
  }
}

/** Each bar stands on what failed, which is hatched, so that it is told by more than its colour. */
export function paintBars(c: CanvasRenderingContext2D, f: Frame, strip: Strip, bars: readonly Bar[]): void {
  const most = bars.reduce((m, b) => Math.max(m, b.count), 0)
  if (most === 0) return
  const height = strip.bottom - strip.top
  c.textAlign = 'right'
  c.textBaseline = 'middle'
  c.font = `11px ${token('--font')}`
  c.fillStyle = token('--text-3')
  c.fillText(formatShort(most), f.left - 8, strip.top + 5)
  const [ink, fault] = [token('--text-3'), token('--fault')]
  for (const b of bars) {
    if (b.count === 0) continue
    const x = Math.round(Math.max(f.left, xOf(f, b.from)))
    const right = Math.round(Math.min(f.right, xOf(f, b.to)))
    const width = Math.max(1, right - x - (right - x >= 4 ? 1 : 0))
    const all = Math.max(1, (b.count / most) * height)
    // The smallest failure is still seen.
    const bad = b.bad === 0 ? 0 : Math.max(2, (b.bad / most) * height)
    c.globalAlpha = 0.45
    c.fillStyle = ink
    c.fillRect(x, strip.bottom - Math.max(all, bad), width, Math.max(all, bad) - bad - (bad > 0 ? 1 : 0))
    c.globalAlpha = 1
    if (bad > 0) hatched(c, x, strip.bottom - bad, width, bad, fault)
  }
}

/** What went well first, then what did not, so that failures are never covered. */
export function paintDots(c: CanvasRenderingContext2D, f: Frame, dots: readonly Dot[]): void {
  c.globalAlpha = dots.length > 300 ? 0.45 : 0.7
  c.fillStyle = token('--accent')
  c.beginPath()
  for (const d of dots) {
    if (d.class !== 'ok') continue
    const x = xOf(f, d.at)
    const y = yOf(f, d.duration)
    c.moveTo(x + 2.5, y)
    c.arc(x, y, 2.5, 0, 2 * Math.PI)
  }
  c.fill()
  c.globalAlpha = 1
  for (const d of dots) {
    if (d.class === 'ok') continue
    c.fillStyle = token(`--${d.class}`)
    triangle(c, xOf(f, d.at), yOf(f, d.duration))
  }
}

/** Ink for how many; a corner, as large as the share that failed, for how many of them went wrong. */
export function paintCells(c: CanvasRenderingContext2D, f: Frame, grid: Grid): void {
  const [accent, fault, ground] = [token('--accent'), token('--fault'), token('--bg')]
  for (const cell of grid.cells) {
    const r = rectOf(f, grid, cell)
    c.fillStyle = accent
    c.globalAlpha = inkOf(cell.count, grid.most)
    c.fillRect(r.x, r.y, r.width, r.height)
    c.globalAlpha = 1
    const mark = markOf(cell)
    if (mark === 0) continue
    if (mark > 0.99) {
      c.fillStyle = ground
      c.fillRect(r.x, r.y, r.width, r.height)
      c.globalAlpha = Math.max(0.55, inkOf(cell.count, grid.most))
      hatched(c, r.x, r.y, r.width, r.height, fault)
      c.globalAlpha = 1
      continue
    }
    const w = Math.max(2.5, r.width * mark)
    const h = Math.max(2.5, r.height * mark)
    corner(c, r.x, r.y + r.height, w + 1.2, h + 1.2, ground)
    corner(c, r.x, r.y + r.height, w, h, fault)
  }
}

/** The triangle in the lower left. */
function corner(c: CanvasRenderingContext2D, x: Px, y: Px, w: Px, h: Px, colour: string): void {
  c.fillStyle = colour
  c.beginPath()
  c.moveTo(x, y - h)
  c.lineTo(x + w, y)
  c.lineTo(x, y)
  c.fill()
}

function hatched(c: CanvasRenderingContext2D, x: Px, y: Px, w: Px, h: Px, colour: string): void {
  c.fillStyle = colour
  c.fillRect(x, y, w, h)
  if (w < 4 || h < 4) return
  c.save()
  c.beginPath()
  c.rect(x, y, w, h)
  c.clip()
  c.strokeStyle = token('--bg')
  c.lineWidth = 1
  c.beginPath()
  for (let d = 0 - h; d < w; d += 4) {
    c.moveTo(x + d, y + h)
    c.lineTo(x + d + h, y)
  }
  c.stroke()
  c.restore()
}

function line(c: CanvasRenderingContext2D, x1: Px, y1: Px, x2: Px, y2: Px): void {
  c.beginPath()
  c.moveTo(x1, y1)
  c.lineTo(x2, y2)
  c.stroke()
}

function triangle(c: CanvasRenderingContext2D, x: Px, y: Px): void {
  c.beginPath()
  c.moveTo(x, y - 4)
  c.lineTo(x + 3.8, y + 3)
  c.lineTo(x - 3.8, y + 3)
  c.fill()
}
