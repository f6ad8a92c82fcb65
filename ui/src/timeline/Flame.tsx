import { type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { formatCount, formatDuration, formatPercent } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { boxAt, eachVisible, type Flame as Boxes, type FlameMode, flameMerged, flameOverTime } from '../pure/traceFlame'
import { useSize } from '../widgets/Canvas'
import { probe } from '../widgets/probe'
import { hueToken, token, useThemeVersion } from '../widgets/theme'
import { prepare } from './paint'
import { useDragZoom } from './useDragZoom'
import { useKeep, useRefs } from './useRefs'
import type { ViewStore } from './viewStore'
import css from './Flame.module.css'

type Props = {
  trace: TraceModel
  hues: Uint8Array
  mode: FlameMode
  /** time in view; for the merged graph, the summed time in view */
  view: ViewStore
  keep: Uint8Array | null
  selected: number
  onSelect: (span: number) => void
}

const LANE = 20
const CHAR = 6.3

/** The flame graph on a canvas: lanes down, time (or summed time) across. Its table twin is the span table. */
export function Flame({ trace, hues, mode, view, keep, selected, onSelect }: Props) {
  const scroll = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [measure, size] = useSize<HTMLDivElement>()
  const [top, setTop] = useState(0)
  const [tip, setTip] = useState<{ x: number; y: number; box: number } | null>(null)
  const theme = useThemeVersion()
  const flame = useMemo(() => (mode === 'time' ? flameOverTime(trace) : flameMerged(trace)), [trace, mode])
  const total = useMemo(() => (mode === 'time' ? trace.duration : flame.x1.reduce((a, b) => Math.max(a, b), 1)), [trace, flame, mode])
  const width = Math.max(1, (size?.width ?? 0) - 10)
  const height = size?.height ?? 0
  const firstLane = Math.max(0, Math.floor(top / LANE) - 4)
  const lastLane = Math.min(flame.lanes - 1, Math.ceil((top + height) / LANE) + 4)
  const rect = useMemo(() => ({ y: firstLane * LANE, h: Math.max(0, (lastLane - firstLane + 1) * LANE) }), [firstLane, lastLane])

  useLayoutEffect(() => {
    const paint = () => {
      const ctx = canvas.current && prepare(canvas.current, width, rect.h)
      if (ctx) paintFlame(ctx, flame, trace, hues, view.get(), { width, firstLane, lastLane, keep, selected })
    }
    paint()
    let frame = 0
    const stop = view.subscribe(() => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(paint)
    })
    return () => {
      cancelAnimationFrame(frame)
      stop()
    }
  }, [flame, trace, hues, view, width, rect, firstLane, lastLane, keep, selected, theme])
  useEffect(() => probe('flame', () => ({ boxes: flame.count, lanes: flame.lanes })), [flame])

  const brush = useDragZoom({ view, duration: total, left: 0, width, wheel: true })
  const ref = useRefs(useKeep(scroll), brush.attach)
  const find = (e: { clientX: number; clientY: number }) => {
    const r = scroll.current?.getBoundingClientRect()
    if (!r) return -1
    const { from, to } = view.get()
    const scale = (to - from) / width
    return boxAt(flame, Math.floor((e.clientY - r.top + top) / LANE), from + (e.clientX - r.left) * scale, scale)
  }
  const onMove = (e: PointerEvent) => {
    const r = scroll.current?.getBoundingClientRect()
    const box = find(e)
    setTip(r && box >= 0 ? { x: e.clientX - r.left, y: e.clientY - r.top, box } : null)
  }
  return (
    <div ref={measure} className={css.frame}>
      <div
        ref={ref}
        className={css.scroll}
        role="img"
        tabIndex={0}
        aria-label={`Flame graph of ${formatCount(flame.count)} boxes; the span table tells the same in rows`}
        onScroll={(e) => setTop(e.currentTarget.scrollTop)}
        onPointerMove={onMove}
        onPointerLeave={() => setTip(null)}
        onClick={(e) => {
          if (brush.moved()) return
          const box = find(e)
          if (box >= 0) onSelect(flame.span[box])
        }}
        onDoubleClick={(e) => {
          const box = find(e)
          if (box >= 0) view.set({ from: flame.x0[box], to: Math.max(flame.x0[box] + 1, flame.x1[box]) })
        }}
      >
        <div style={{ height: flame.lanes * LANE, position: 'relative' }}>
          <canvas ref={canvas} className={css.canvas} style={{ top: rect.y, width, height: rect.h }} />
        </div>
        {brush.rect && <span className={css.brush} style={{ left: brush.rect[0], width: brush.rect[1] - brush.rect[0] }} />}
      </div>
      {tip && <Tip trace={trace} flame={flame} box={tip.box} x={tip.x} y={tip.y} width={width} />}
    </div>
  )
}

type Look = { width: number; firstLane: number; lastLane: number; keep: Uint8Array | null; selected: number }

function paintFlame(ctx: CanvasRenderingContext2D, flame: Boxes, trace: TraceModel, hues: Uint8Array, view: { from: number; to: number }, look: Look): void {
  const { spans } = trace
  const [ink, faint, red, accent] = [token('--bg'), token('--text-3'), token('--fault'), token('--text')]
  ctx.font = `11px ${token('--font')}`
  ctx.textBaseline = 'middle'
  eachVisible(flame, view.from, view.to, look.width, look.firstLane, look.lastLane, (b, x0, x1) => {
    const y = (flame.lane[b] - look.firstLane) * LANE
    const span = flame.span[b]
    const w = Math.max(0.75, x1 - x0 - (x1 - x0 > 3 ? 1 : 0))
    const dim = look.keep !== null && look.keep[span] !== 1
    ctx.globalAlpha = dim ? 0.25 : 1
    ctx.fillStyle = hueToken(hues[spans.service[span]])
    ctx.fillRect(x0, y, w, LANE - 2)
    if (flame.failed[b] === 1) {
      ctx.fillStyle = red
      ctx.fillRect(x0, y + LANE - 5, w, 3)
    }
    // What is said of a box stays readable when the box is faint.
    ctx.globalAlpha = 1
    if (span === look.selected) {
      ctx.strokeStyle = accent
      ctx.lineWidth = 2
      ctx.strokeRect(x0 + 1, y + 1, Math.max(1, w - 2), LANE - 4)
    }
    const left = Math.max(0, x0)
    const room = Math.floor((Math.min(look.width, x1) - left - 10) / CHAR)
    if (room >= 4) {
      const name = trace.names[spans.name[span]]
      ctx.fillStyle = dim ? faint : ink
      ctx.fillText(name.length > room ? name.slice(0, room - 1) + '…' : name, left + 5, y + LANE / 2 - 0.5)
    }
  })
  ctx.globalAlpha = 1
}

function Tip({ trace, flame, box, x, y, width }: { trace: TraceModel; flame: Boxes; box: number; x: number; y: number; width: number }) {
  const { spans } = trace
  const span = flame.span[box]
  const length = flame.x1[box] - flame.x0[box]
  const right = x > width / 2
  return (
    <div className={css.tip} style={right ? { right: width - x + 14, top: y + 14 } : { left: x + 14, top: y + 14 }}>
      <strong>{trace.names[spans.name[span]]}</strong>
      <span>{trace.services[spans.service[span]].name}</span>
      <span>
        {formatDuration(length)}, {formatPercent(Math.min(1, length / trace.duration))} of the trace · self {formatDuration(flame.self[box])}
        {flame.calls[box] > 1 ? ` · ${formatCount(flame.calls[box])} spans` : ''}
      </span>
    </div>
  )
}
