import { useReactFlow, useStoreApi } from '@xyflow/react'
import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import type { Disc } from '../pure/mapDraw'
import { overviewOf } from '../pure/mapHit'
import type { SceneNode } from '../pure/mapScene'
import { redness } from '../pure/mapDraw'
import css from './MapView.module.css'

const WIDTH = 190
const HEIGHT = 120

/** The whole map, small, with what is in view; what fails is red here too. A click or a drag moves the view. For the eye alone: the list says the same. */
export function Overview({ nodes, discs }: { nodes: readonly SceneNode[]; discs: ReadonlyMap<string, Disc> }) {
  const frame = useRef<SVGRectElement>(null)
  const store = useStoreApi()
  const flow = useReactFlow()
  const view = useMemo(() => overviewOf(discs, WIDTH, HEIGHT), [discs])
  useEffect(() => {
    const follow = () => {
      const { transform: [x, y, zoom], width, height } = store.getState()
      const rect = frame.current
      if (rect === null || view === null) return
      rect.setAttribute('x', String((-x / zoom) * view.zoom + view.x))
      rect.setAttribute('y', String((-y / zoom) * view.zoom + view.y))
      rect.setAttribute('width', String((width / zoom) * view.zoom))
      rect.setAttribute('height', String((height / zoom) * view.zoom))
    }
    follow()
    return store.subscribe(follow)
  }, [store, view])
  const dots = useMemo(
    () =>
      view &&
      nodes.flatMap((n) => {
        const d = discs.get(n.id)
        return d ? [<circle key={n.id} cx={d.x * view.zoom + view.x} cy={d.y * view.zoom + view.y} r={Math.max(1.5, d.r * view.zoom)} className={css.dot} data-failing={redness(n.stats) >= 20 || undefined} />] : []
      }),
    [nodes, discs, view],
  )
  if (view === null) return null
  const go = (e: PointerEvent<SVGSVGElement>) => {
    if (e.buttons !== 1) return
    const box = e.currentTarget.getBoundingClientRect()
    void flow.setCenter((e.clientX - box.left - view.x) / view.zoom, (e.clientY - box.top - view.y) / view.zoom, { zoom: flow.getZoom() })
  }
  return (
    <svg className={css.overview} width={WIDTH} height={HEIGHT} aria-hidden="true" onPointerDown={go} onPointerMove={go}>
      {dots}
      <rect ref={frame} className={css.frame} rx={2} />
    </svg>
  )
}
