import { useCallback, useMemo, useState, type PointerEvent } from 'react'
import { type Box, indexAt, runs, stack, ticksOf, timeAt, xOf, yOf } from '../pure/chart'
import { formatClock, formatMoment } from '../pure/format'
import { tickLabel, timeTicks } from '../pure/time'
import type { EpochMs, Px } from '../pure/units'
import { Canvas, useSize } from './Canvas'
import { hatch } from './hatch'
import { token } from './theme'
import css from './TimeChart.module.css'

const HEIGHT: Px = 168
const LEAST: Px = 6
const GHOST = 'Before'

export type ChartSeries = {
  name: string
  /** One value a step; null where there is none. */
  values: readonly (number | null)[]
  /** A token such as `--fault`. */
  colour: string
  /** How strongly the colour is laid on, 0 to 1. */
  weight?: number
  dashed?: boolean
}

type Props = {
  title: string
  series: readonly ChartSeries[]
  /** Bars on top of each other, areas on top of each other, or lines. */
  look: 'bars' | 'areas' | 'lines'
  start: EpochMs
  stepMs: number
  /** The top of the scale. */
  max: number
  format: (value: number) => string
  /** Moments worth a line, such as a new version. */
  markers?: readonly { at: EpochMs; label: string }[]
  /** Stretches in which something was wrong, hatched and named. */
  bands?: readonly { from: EpochMs; to: EpochMs; label: string }[]
  /** The same figure in the time before, step by step, as a thin line. */
  ghost?: readonly (number | null)[]
  /** The step under the pointer, shared by the charts of a page. */
  hover: number | null
  onHover: (index: number | null) => void
  /** Absent where dragging chooses nothing. */
  onBrush?: (from: EpochMs, to: EpochMs) => void
}

/** One figure over time. The legend says the values under the pointer, so nothing floats over the lines. */
export function TimeChart({ title, series, look, start, stepMs, max, format, markers, bands, ghost, hover, onHover, onBrush }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const [drag, setDrag] = useState<[Px, Px] | null>(null)
  const count = series[0]?.values.length ?? 0
  const width = size?.width ?? 0
  const box: Box = useMemo(() => ({ left: 52, right: Math.max(60, width - 4), top: 8, bottom: HEIGHT - 22 }), [width])
  const draw = useCallback(
    (c: CanvasRenderingContext2D) => {
      for (const b of bands ?? []) paintBand(c, box, xOf(box, start, stepMs, count, b.from), xOf(box, start, stepMs, count, b.to))
      paintGrid(c, box, max, format, start, stepMs, count)
      if (look === 'lines') series.forEach((s) => paintLine(c, box, max, s))
      else paintStack(c, box, max, series, look)
      if (ghost !== undefined) paintLine(c, box, max, { name: GHOST, values: ghost, colour: '--text-2', dashed: true }, [1, 3])
      const places = (markers ?? []).map((m) => ({ x: xOf(box, start, stepMs, count, m.at), label: m.label })).filter((m) => m.x >= box.left && m.x <= box.right)
      for (const m of places) paintMarker(c, box, m.x)
      // Labels stand where there is room; the first of those that crowd is named.
      let free = box.left
      for (const m of places) free = paintLabel(c, box, m.x, m.label, free)
    },
    [box, max, format, start, stepMs, count, look, series, markers, bands, ghost],
  )
  const xAt = (event: PointerEvent): Px => event.clientX - event.currentTarget.getBoundingClientRect().left
  const onMove = (event: PointerEvent) => {
    const x = xAt(event)
    onHover(indexAt(box, count, x))
    if (drag !== null) setDrag([drag[0], x])
  }
  const onUp = () => {
    if (drag === null) return
    const [a, b] = [Math.max(box.left, Math.min(...drag)), Math.min(box.right, Math.max(...drag))]
    setDrag(null)
    if (b - a >= LEAST) onBrush?.(timeAt(box, start, stepMs, count, a), timeAt(box, start, stepMs, count, b))
  }
  const at = hover !== null && hover < count ? hover : null
  return (
    <figure className={css.figure}>
      <figcaption className={css.caption}>
        <h2 className={css.title}>{title}</h2>
        <span className={css.when}>{at === null ? '' : formatClock(start + at * stepMs, false)}</span>
        <span className={css.legend}>
          {series.map((s) => (
            <span key={s.name} className={css.entry}>
              <span className={css.swatch} style={{ background: `var(${s.colour})`, opacity: s.weight }} />
              {s.name}
              {at !== null && <b>{s.values[at] === null ? '–' : format(s.values[at])}</b>}
            </span>
          ))}
          {ghost !== undefined && (
            <span className={css.entry}>
              <span className={css.dashes} />
              {GHOST}
              {at !== null && <b>{(ghost[at] ?? null) === null ? '–' : format(ghost[at] ?? 0)}</b>}
            </span>
          )}
        </span>
      </figcaption>
      <div
        ref={measure}
        className={css.plot}
        style={{ height: HEIGHT }}
        onPointerMove={onMove}
        onPointerLeave={() => onHover(null)}
        onPointerDown={(e) => {
          if (e.button !== 0 || onBrush === undefined) return
          e.currentTarget.setPointerCapture(e.pointerId)
          setDrag([xAt(e), xAt(e)])
        }}
        onPointerUp={onUp}
        onPointerCancel={() => setDrag(null)}
      >
        {size !== null && <Canvas label={describe(title, series, format, start, stepMs)} size={size} draw={draw} />}
        {at !== null && drag === null && <span className={css.cursor} style={{ left: box.left + ((at + 0.5) / count) * (box.right - box.left), bottom: HEIGHT - box.bottom }} />}
        {drag !== null && Math.abs(drag[1] - drag[0]) >= LEAST && (
          <span className={css.brush} style={{ left: Math.max(box.left, Math.min(...drag)), width: Math.min(box.right, Math.max(...drag)) - Math.max(box.left, Math.min(...drag)), bottom: HEIGHT - box.bottom }} />
        )}
      </div>
    </figure>
  )
}

/** The chart in words: each series with its highest value and when that was. */
function describe(title: string, series: readonly ChartSeries[], format: (v: number) => string, start: EpochMs, stepMs: number): string {
  const parts = series.map((s) => {
    let best = -1
    s.values.forEach((v, i) => {
      if (v !== null && (best < 0 || v > (s.values[best] ?? 0))) best = i
    })
    const value = best < 0 ? null : s.values[best]
    return value === null ? `${s.name}: nothing` : `${s.name}: at most ${format(value)} at ${formatMoment(start + best * stepMs, start)}`
  })
  return `${title}. ${parts.join('; ')}`
}

function paintGrid(c: CanvasRenderingContext2D, box: Box, max: number, format: (v: number) => string, start: EpochMs, stepMs: number, count: number): void {
  c.font = `11px ${token('--font')}`
  c.fillStyle = token('--text-3')
  c.strokeStyle = token('--line')
  c.lineWidth = 1
  c.textAlign = 'right'
  c.textBaseline = 'middle'
  for (const value of ticksOf(max)) {
    const y = Math.round(yOf(box, max, value)) + 0.5
    c.beginPath()
    c.moveTo(box.left, y)
    c.lineTo(box.right, y)
    c.stroke()
    c.fillText(format(value), box.left - 8, y)
  }
  c.textAlign = 'center'
  c.textBaseline = 'alphabetic'
  const end = start + stepMs * count
  const { at, step } = timeTicks(start, end, Math.max(2, Math.floor((box.right - box.left) / 80)))
  for (const t of at) {
    const x = xOf(box, start, stepMs, count, t)
    if (x > box.left + 14 && x < box.right - 14) c.fillText(tickLabel(t, step), x, box.bottom + 16)
  }
}

function paintStack(c: CanvasRenderingContext2D, box: Box, max: number, series: readonly ChartSeries[], look: 'bars' | 'areas'): void {
  const layers = stack(series.map((s) => s.values.map((v) => v ?? 0)))
  layers.forEach(({ low, high }, k) => {
    c.fillStyle = token(series[k].colour)
    c.globalAlpha = series[k].weight ?? 1
    const step = (box.right - box.left) / Math.max(1, high.length)
    if (look === 'bars') {
      const gap = step >= 4 ? 1 : 0
      for (let i = 0; i < high.length; i++) {
        if (high[i] <= low[i]) continue
        // Whole pixels, else the gaps between bars shimmer.
        const x = Math.round(box.left + i * step)
        // The smallest failure is still a pixel.
        const y = Math.min(yOf(box, max, high[i]), yOf(box, max, low[i]) - 1)
        c.fillRect(x, y, Math.round(box.left + (i + 1) * step) - x - gap, yOf(box, max, low[i]) - y)
      }
    } else {
      const x = (i: number) => box.left + (i + 0.5) * step
      c.beginPath()
      high.forEach((v, i) => c.lineTo(x(i), yOf(box, max, v)))
      for (let i = low.length - 1; i >= 0; i--) c.lineTo(x(i), yOf(box, max, low[i]))
      c.fill()
    }
  })
  c.globalAlpha = 1
}

function paintLine(c: CanvasRenderingContext2D, box: Box, max: number, s: ChartSeries, dash: number[] = [3, 3]): void {
  c.strokeStyle = token(s.colour)
  c.globalAlpha = s.weight ?? 1
  c.lineWidth = 1.5
  c.lineJoin = 'round'
  c.setLineDash(s.dashed === true ? dash : [])
  const step = (box.right - box.left) / Math.max(1, s.values.length)
  const x = (i: number) => box.left + (i + 0.5) * step
  for (const [from, to] of runs(s.values)) {
    c.beginPath()
    // A value alone between gaps is a short dash, else it would be nothing.
    if (from === to) c.moveTo(x(from) - 1.5, yOf(box, max, s.values[from] ?? 0))
    for (let i = from; i <= to; i++) c.lineTo(x(i) + (from === to ? 1.5 : 0), yOf(box, max, s.values[i] ?? 0))
    c.stroke()
  }
  c.setLineDash([])
  c.globalAlpha = 1
}

function paintBand(c: CanvasRenderingContext2D, box: Box, from: Px, to: Px): void {
  const [left, right] = [Math.max(box.left, from), Math.min(box.right, to)]
  if (right > left) hatch(c, { ...box, left, right }, '--fault-soft', '--fault', 0.28)
}

function paintMarker(c: CanvasRenderingContext2D, box: Box, x: Px): void {
  c.strokeStyle = token('--text-3')
  c.setLineDash([2, 3])
  c.beginPath()
  c.moveTo(Math.round(x) + 0.5, box.top)
  c.lineTo(Math.round(x) + 0.5, box.bottom)
  c.stroke()
  c.setLineDash([])
}

/** Gives back from where on there is room for the next label. */
function paintLabel(c: CanvasRenderingContext2D, box: Box, x: Px, label: string, free: Px): Px {
  // The label stands on its own ground, for bars may be behind it.
  const width = c.measureText(label).width
  const left = x > box.right - width - 12 ? x - width - 5 : x + 5
  if (left - 2 < free) return free
  c.fillStyle = token('--bg')
  c.globalAlpha = 0.85
  c.fillRect(left - 2, box.top - 1, width + 4, 14)
  c.globalAlpha = 1
  c.fillStyle = token('--text-2')
  c.textAlign = 'left'
  c.textBaseline = 'top'
  c.fillText(label, left, box.top + 1)
  return left + width + 8
}
