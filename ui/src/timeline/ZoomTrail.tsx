import { Fragment, useEffect, useState } from 'react'
import { formatDuration } from '../pure/format'
import { isWhole, type View, wholeView, zoomTrail } from '../pure/traceView'
import type { Nanos } from '../pure/units'
import type { ViewStore } from './viewStore'
import css from './ZoomTrail.module.css'

/** A view counts as a step once it has stood for this long, in ms. */
const SETTLED = 350

/** The way from the whole trace to the part in view, step by step; each leads back. */
export function ZoomTrail({ view, duration }: { view: ViewStore; duration: Nanos }) {
  const [trail, setTrail] = useState<readonly View[]>(() => zoomTrail([], view.get(), duration))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = () => setTrail((before) => zoomTrail(before, view.get(), duration))
    const stop = view.subscribe(() => {
      clearTimeout(timer)
      // Back at the whole there is nothing to wait for.
      if (isWhole(view.get(), duration)) settle()
      else timer = setTimeout(settle, SETTLED)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [view, duration])
  if (trail.length === 0) return null
  return (
    <nav className={css.trail} aria-label="Zoom">
      <button type="button" onClick={() => view.set(wholeView(duration))}>
        All {formatDuration(duration)}
      </button>
      {trail.map((v, i) => (
        <Fragment key={i}>
          <span aria-hidden="true">›</span>
          <button type="button" aria-current={i === trail.length - 1 ? 'step' : undefined} onClick={() => view.set(v)} title={`${formatDuration(v.from)} to ${formatDuration(v.to)}`}>
            {formatDuration(v.to - v.from)}
          </button>
        </Fragment>
      ))}
    </nav>
  )
}
