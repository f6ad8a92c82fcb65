import { formatDuration } from '../pure/format'
import { ticks, toPx } from '../pure/traceView'
import type { Nanos, Px } from '../pure/units'
import { useSize } from '../widgets/Canvas'
import { useDragZoom } from './useDragZoom'
import { useRefs } from './useRefs'
import { useView, type ViewStore } from './viewStore'
import css from './Ruler.module.css'

/** px before the first moment and after the last, so that edges and durations have air. */
export const LEFT: Px = 10
export const GUTTER: Px = 66

/** Round moments above the bars; dragging over them zooms. */
export function Ruler({ view, duration }: { view: ViewStore; duration: Nanos }) {
  const [measure, size] = useSize<HTMLDivElement>()
  const now = useView(view)
  const width = Math.max(1, (size?.width ?? 0) - LEFT - GUTTER - 10)
  const brush = useDragZoom({ view, duration, left: LEFT, width, wheel: false })
  const ref = useRefs(measure, brush.attach)
  return (
    <div
      ref={ref}
      className={css.ruler}
      aria-hidden="true"
    >
      {size !== null &&
        ticks(now, width).map((t) => (
          <span key={t} className={css.tick} style={{ left: LEFT + toPx(now, width, t) }}>
            {formatDuration(t)}
          </span>
        ))}
      {brush.rect && <span className={css.brush} style={{ left: brush.rect[0], width: brush.rect[1] - brush.rect[0] }} />}
    </div>
  )
}
