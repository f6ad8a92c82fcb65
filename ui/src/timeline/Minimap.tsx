import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useMemo, useRef } from 'react'
import { formatDuration } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { eachRun, minimap } from '../pure/traceMinimap'
import { isWhole, moveEdge, pan, wholeView, zoomAt } from '../pure/traceView'
import type { Nanos } from '../pure/units'
import { useSize } from '../widgets/Canvas'
import { hueToken, token, useThemeVersion } from '../widgets/theme'
import { prepare } from './paint'
import { useDragZoom } from './useDragZoom'
import { useRefs } from './useRefs'
import { useView, type ViewStore } from './viewStore'
import css from './Minimap.module.css'

type Props = { trace: TraceModel; hues: Uint8Array; keep: Uint8Array | null; view: ViewStore }

/** The whole trace at a glance, failures on top. Drag to zoom, wheel to zoom at the pointer, double-click for all. */
export function Minimap({ trace, hues, keep, view }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useThemeVersion()
  const width = Math.round(size?.width ?? 0)
  const height = size?.height ?? 0
  const cells = useMemo(() => (width > 0 ? minimap(trace.spans, hues, trace.duration, width, keep) : null), [trace, hues, keep, width])
  useLayoutEffect(() => {
    const ctx = canvas.current && prepare(canvas.current, width, height)
    if (!ctx || !cells) return
    const lane = Math.min(9, (height - 6) / cells.lanes)
    const bar = Math.max(1, lane - (lane > 3 ? 1 : 0))
    const paint = (failed: boolean) =>
      eachRun(cells, (l, x0, x1, hue, bad) => {
        if (bad !== failed) return
        ctx.fillStyle = bad ? token('--fault') : hueToken(hue)
        ctx.globalAlpha = bad ? 1 : 0.75
        ctx.fillRect(x0, 3 + l * lane, Math.max(bad ? 2 : 1, x1 - x0), bar)
      })
    paint(false)
    paint(true)
    ctx.globalAlpha = 1
  }, [cells, width, height, theme])

  const brush = useDragZoom({ view, duration: trace.duration, left: 0, width: Math.max(1, width), wheel: false, whole: true })
  const ref = useRefs(measure, brush.attach)
  const now = useView(view)
  const a = (now.from / trace.duration) * 100
  const b = (now.to / trace.duration) * 100
  const whole = isWhole(now, trace.duration)
  const onKey = (e: KeyboardEvent) => {
    const middle = (now.from + now.to) / 2
    if (e.key === 'ArrowLeft') view.set(pan(now, -0.2, trace.duration))
    else if (e.key === 'ArrowRight') view.set(pan(now, 0.2, trace.duration))
    else if (e.key === 'ArrowUp') view.set(zoomAt(now, middle, 0.7, trace.duration))
    else if (e.key === 'ArrowDown') view.set(zoomAt(now, middle, 1.4, trace.duration))
    else if (e.key === 'Home') view.set(wholeView(trace.duration))
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  return (
    <div
      ref={ref}
      className={css.minimap}
      role="slider"
      tabIndex={0}
      aria-label="Part of the trace in view; arrows move and zoom it"
      aria-valuemin={0}
      aria-valuemax={trace.duration}
      aria-valuenow={Math.round(now.from)}
      aria-valuetext={whole ? 'all of the trace' : `${formatDuration(now.from)} to ${formatDuration(now.to)}`}
      onKeyDown={onKey}
      onDoubleClick={() => view.set(wholeView(trace.duration))}
    >
      <canvas ref={canvas} className={css.canvas} />
      {!whole && (
        <>
          <span className={css.shade} style={{ left: 0, width: `${a}%` }} />
          <span className={css.shade} style={{ left: `${b}%`, right: 0 }} />
          <span className={css.window} style={{ left: `${a}%`, width: `${b - a}%` }} />
        </>
      )}
      <Handle side="from" at={a} view={view} duration={trace.duration} />
      <Handle side="to" at={b} view={view} duration={trace.duration} />
      {brush.rect && <span className={css.brush} style={{ left: brush.rect[0], width: brush.rect[1] - brush.rect[0] }} />}
    </div>
  )
}

/** An edge of the part in view; drag it. The keyboard moves the slider that it belongs to. */
function Handle({ side, at, view, duration }: { side: 'from' | 'to'; at: number; view: ViewStore; duration: Nanos }) {
  const onMove = (e: PointerEvent<HTMLSpanElement>) => {
    const box = e.currentTarget.parentElement?.getBoundingClientRect()
    if (!box || !e.currentTarget.hasPointerCapture(e.pointerId)) return
    view.set(moveEdge(view.get(), side, ((e.clientX - box.left) / box.width) * duration, duration))
  }
  return <span className={css.handle} data-handle={side} style={{ left: `${at}%` }} aria-hidden="true" onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)} onPointerMove={onMove} />
}
