import { useCallback, useEffect, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { SpanRow } from '../../api/types'
import { type Brush, brushOf, closed, describeBrush } from '../../pure/brush'
import { formatClock, formatDuration, plural } from '../../pure/format'
import { barAt, type Bar, barsOfDots, barsOfGrid, brushOfCell, cellAt, type ChartLook, describeGrid, failedWords, type Grid, gridFrame } from '../../pure/heatmap'
import { describe, type Dot, dotsOf, type Frame, frameOf, nearest, timeAt, xOf, yOf } from '../../pure/scatter'
import type { Resolved } from '../../pure/time'
import type { Px } from '../../pure/units'
import { Canvas, useSize } from '../../widgets/Canvas'
import { probe } from '../../widgets/probe'
import { paintAxes, paintBars, paintCells, paintDots, type Strip } from './paintChart'
import css from './Chart.module.css'

const HEIGHT: Px = 190
const STRIP: Strip = { top: 4, bottom: 34 }
const BOX = { left: 60, top: 44, bottom: HEIGHT - 22 }
const REACH: Px = 14
/** A drag shorter than this along one side leaves that side alone. */
const LEAST: Px = 10
const NO_SPANS: readonly SpanRow[] = []
/** Bars over dots; over a heatmap there is one for each of its columns. */
const BARS = 120

type Point = { x: Px; y: Px }
type Hover = { x: Px; y: Px; title: string; words: string[]; dot: Dot | null }

type Props = {
  look: ChartLook | null
  grid: Grid | null
  /** What the dots are; null while they are on their way. */
  points: readonly SpanRow[] | null
  /** The time that the dots are about. */
  range: Resolved
  brush: Brush | null
  onBrush: (brush: Brush) => void
  onOpen: (span: SpanRow) => void
  prefetch: (span: SpanRow) => void
}

/** Latency over time. Dragging takes a box out of it; a click opens a dot, or takes a cell. */
export function Chart({ look, grid, points, range, brush, onBrush, onOpen, prefetch }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const [hover, setHover] = useState<Hover | null>(null)
  const [drag, setDrag] = useState<[Point, Point] | null>(null)
  const spans = points ?? NO_SPANS
  const dots = useMemo(() => dotsOf(spans), [spans])
  const width = size?.width ?? 0
  const frame = useMemo<Frame | null>(() => {
    if (width === 0) return null
    const box = { ...BOX, right: Math.max(BOX.left + 40, width - 10) }
    return look === 'heatmap' ? grid && gridFrame(grid, box) : frameOf(dots, range, box)
  }, [look, grid, dots, range, width])
  const bars = useMemo(() => (look === 'heatmap' ? (grid === null ? [] : barsOfGrid(grid)) : barsOfDots(dots, range.from, range.to, BARS)), [look, grid, dots, range])
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      if (frame === null) return
      paintAxes(context, frame)
      paintBars(context, frame, STRIP, bars)
      if (look === 'heatmap' && grid !== null) paintCells(context, frame, grid)
      if (look === 'scatter') paintDots(context, frame, dots)
    },
    [frame, bars, look, grid, dots],
  )
  useEffect(() => probe('chart', () => ({ look, frame, dots: dots.length, cells: grid?.cells.length ?? 0, bars: bars.filter((b) => b.count > 0).length })), [look, frame, dots, grid, bars])

  const pointOf = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  /** A drag that begins in the bars is about time alone. */
  const brushed = (a: Point, b: Point): Brush | null => (frame === null ? null : brushOf(frame, a, a.y < STRIP.bottom + 4 ? { x: b.x, y: a.y } : b, LEAST))
  const under = (p: Point): Hover | null => {
    if (frame === null) return null
    if (p.y < STRIP.bottom + 4) return hoverOfBar(barAt(bars, timeAt(frame, p.x)), frame)
    if (look === 'heatmap') return grid && hoverOfCell(grid, frame, p)
    const dot = nearest(dots, frame, p.x, p.y, REACH)
    return dot === null ? null : hoverOfDot(dot, spans[dot.index], frame)
  }
  const onMove = (event: PointerEvent) => {
    const p = pointOf(event)
    if (drag !== null) {
      setDrag([drag[0], p])
      setHover(null)
      return
    }
    const found = under(p)
    const dot = found?.dot ?? null
    if (dot !== null && dot.index !== hover?.dot?.index) prefetch(spans[dot.index])
    setHover(found)
  }
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setDrag([pointOf(event), pointOf(event)])
  }
  const onUp = (event: PointerEvent) => {
    if (drag === null || frame === null) return
    const p = pointOf(event)
    setDrag(null)
    const box = brushed(drag[0], p)
    if (box !== null) return onBrush(box)
    if (p.y < STRIP.bottom + 4) return
    if (look === 'heatmap') {
      const cell = grid && cellAt(grid, frame, p.x, p.y)
      if (grid !== null && cell !== null) onBrush(brushOfCell(grid, cell))
      return
    }
    const dot = nearest(dots, frame, p.x, p.y, REACH)
    if (dot !== null) onOpen(spans[dot.index])
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setDrag(null)
  }
  const shown = drag !== null ? brushed(drag[0], drag[1]) : brush
  const label = look === 'heatmap' && grid !== null ? describeGrid(grid) : describe(dots)
  return (
    <div
      ref={measure}
      className={css.chart}
      style={{ height: HEIGHT }}
      data-point={hover !== null && (hover.dot !== null || look === 'heatmap') ? true : undefined}
      onPointerMove={onMove}
      onPointerDown={onDown}
      onPointerUp={onUp}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => setHover(null)}
      onKeyDown={onKeyDown}
    >
      {size !== null && <Canvas label={label} size={size} draw={draw} />}
      {shown !== null && frame !== null && <Box frame={frame} brush={shown} words={drag !== null} />}
      {hover !== null && frame !== null && drag === null && <Tip hover={hover} frame={frame} />}
    </div>
  )
}

function hoverOfBar(bar: Bar | null, frame: Frame): Hover | null {
  if (bar === null || bar.count === 0) return null
  return { x: xOf(frame, (bar.from + bar.to) / 2), y: STRIP.bottom, title: plural(bar.count, 'span'), words: [failedWords(bar.count, bar.bad), `${formatClock(bar.from, false)} – ${formatClock(bar.to, false)}`], dot: null }
}

function hoverOfCell(grid: Grid, frame: Frame, p: Point): Hover | null {
  const cell = cellAt(grid, frame, p.x, p.y)
  if (cell === null) return null
  const [low, high] = grid.rows[cell.row]
  return { ...p, title: plural(cell.count, 'span'), words: [failedWords(cell.count, cell.bad), `${formatDuration(low)} – ${formatDuration(high)}`, formatClock(grid.from + cell.column * grid.step, false)], dot: null }
}

function hoverOfDot(dot: Dot, span: SpanRow, frame: Frame): Hover {
  return { x: xOf(frame, dot.at), y: yOf(frame, dot.duration), title: span.name, words: [span.service, formatDuration(dot.duration), dot.class === 'ok' ? '' : dot.class, formatClock(dot.at)], dot }
}

function Tip({ hover, frame }: { hover: Hover; frame: Frame }) {
  return (
    <>
      {hover.dot !== null && <span className={css.ring} style={{ left: hover.x, top: hover.y }} />}
      <div className={css.tip} style={{ left: hover.x, top: hover.y }} data-left={hover.x > (frame.left + frame.right) / 2 || undefined}>
        <b className={css.tipName}>{hover.title}</b>
        {hover.words.filter((w) => w !== '').map((w) => (
          <span key={w}>{w}</span>
        ))}
      </div>
    </>
  )
}

function Box({ frame, brush, words }: { frame: Frame; brush: Brush; words: boolean }) {
  const b = closed(brush, frame)
  if (b.from >= b.to || b.low >= b.high) return null
  const left = xOf(frame, b.from)
  const top = yOf(frame, b.high)
  return (
    <div className={css.box} style={{ left, top, width: Math.max(2, xOf(frame, b.to) - left), height: Math.max(2, yOf(frame, b.low) - top) }}>
      {words && <span className={css.words}>{describeBrush(brush).join('  ·  ')}</span>}
    </div>
  )
}
