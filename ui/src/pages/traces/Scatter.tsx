import { useCallback, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { TraceSummary } from '../../api/types'
import { formatClock, formatDuration } from '../../pure/format'
import { type Brush, brushOf, describe, type Dot, dotsOf, durationAt, durationTicks, type Frame, frameOf, nearest, timeAt, xOf, yOf } from '../../pure/scatter'
import { type Resolved, tickLabel, timeTicks } from '../../pure/time'
import type { Px } from '../../pure/units'
import { Canvas, useSize } from '../../widgets/Canvas'
import { ClassMark } from '../../widgets/ClassMark'
import { token } from '../../widgets/theme'
import css from './Scatter.module.css'

const HEIGHT = 148
const REACH: Px = 14
/** A drag shorter than this along one side leaves that side alone. */
const LEAST: Px = 14

type Point = { x: Px; y: Px }
type Props = {
  traces: readonly TraceSummary[]
  filtered: boolean
  range: Resolved
  onBrush: (brush: Brush) => void
  onOpen: (trace: TraceSummary) => void
  prefetch: (trace: TraceSummary) => void
}

/** Latency over time: one dot a trace. Dragging narrows the time, the duration, or both; a click opens the trace. */
export function Scatter({ traces, filtered, range, onBrush, onOpen, prefetch }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const [hover, setHover] = useState<Dot | null>(null)
  const [drag, setDrag] = useState<[Point, Point] | null>(null)
  const dots = useMemo(() => dotsOf(traces, filtered), [traces, filtered])
  const frame = useMemo(
    () => (size === null ? null : frameOf(dots, range, { left: 60, right: size.width - 10, top: 10, bottom: HEIGHT - 22 })),
    [dots, range, size],
  )
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      if (frame !== null) paint(context, frame, dots)
    },
    [frame, dots],
  )
  const pointOf = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const onMove = (event: PointerEvent) => {
    if (frame === null) return
    const p = pointOf(event)
    if (drag !== null) {
      setDrag([drag[0], p])
      setHover(null)
      return
    }
    const found = nearest(dots, frame, p.x, p.y, REACH)
    if (found?.index !== hover?.index) {
      setHover(found)
      if (found !== null && traces[found.index] !== undefined) prefetch(traces[found.index])
    }
  }
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const p = pointOf(event)
    setDrag([p, p])
  }
  const onUp = (event: PointerEvent) => {
    if (drag === null || frame === null) return
    const p = pointOf(event)
    setDrag(null)
    const brush = brushOf(frame, drag[0], p, LEAST)
    if (brush !== null) onBrush(brush)
    else {
      const found = nearest(dots, frame, p.x, p.y, REACH)
      if (found !== null) onOpen(traces[found.index])
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setDrag(null)
  }
  const brush = drag !== null && frame !== null ? brushOf(frame, drag[0], drag[1], LEAST) : null
  const over = hover === null ? undefined : traces[hover.index]
  return (
    <div
      ref={measure}
      className={css.chart}
      data-dot={hover !== null || undefined}
      onPointerMove={onMove}
      onPointerDown={onDown}
      onPointerUp={onUp}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => setHover(null)}
      onKeyDown={onKeyDown}
    >
      {size !== null && <Canvas label={describe(dots)} size={size} draw={draw} />}
      {brush !== null && frame !== null && <Box frame={frame} brush={brush} />}
      {hover !== null && over !== undefined && frame !== null && (
        <>
          <span className={css.ring} style={{ left: xOf(frame, hover.at), top: yOf(frame, hover.duration) }} />
          <div className={css.tip} style={{ left: xOf(frame, hover.at), top: yOf(frame, hover.duration) }} data-left={xOf(frame, hover.at) > frame.right - 260 || undefined}>
            <ClassMark value={hover.class} label={false} />
            <span className={css.tipName}>{filtered ? over.matched.name : (over.root?.name ?? over.matched.name)}</span>
            <span>{formatDuration(hover.duration)}</span>
            <span className={css.tipTime}>{formatClock(hover.at)}</span>
          </div>
        </>
      )}
    </div>
  )
}

function Box({ frame, brush }: { frame: Frame; brush: Brush }) {
  const left = brush.time === null ? frame.left : xOf(frame, brush.time.from)
  const right = brush.time === null ? frame.right : xOf(frame, brush.time.to)
  const top = brush.duration === null ? frame.top : yOf(frame, brush.duration[1])
  const bottom = brush.duration === null ? frame.bottom : yOf(frame, brush.duration[0])
  const words = [
    brush.time === null ? '' : `${formatClock(timeAt(frame, left), false)} – ${formatClock(timeAt(frame, right), false)}`,
    brush.duration === null ? '' : `${formatDuration(durationAt(frame, bottom))} – ${formatDuration(durationAt(frame, top))}`,
  ].filter((w) => w !== '')
  return (
    <div className={css.box} style={{ left, top, width: right - left, height: bottom - top }}>
      <span className={css.words}>{words.join('  ·  ')}</span>
    </div>
  )
}

/** Grid first, then what went well, then what did not, so that failures are never covered. */
function paint(c: CanvasRenderingContext2D, f: Frame, dots: readonly Dot[]): void {
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
  const ok = token('--accent')
  c.globalAlpha = dots.length > 300 ? 0.45 : 0.7
  c.fillStyle = ok
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
