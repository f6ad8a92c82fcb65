import { memo, useMemo } from 'react'
import type { Class } from '../api/types'
import { arrowPath, curve, type Disc, edgeLabel, edgeWidth, redness } from '../pure/mapDraw'
import { type Delta, deltaLabel } from '../pure/mapCompare'
import { type Flow, flowsOf } from '../pure/mapFlow'
import type { SceneEdge } from '../pure/mapScene'
import { share } from '../pure/mapStats'
import css from './Edges.module.css'

type Props = {
  edges: readonly SceneEdge[]
  discs: ReadonlyMap<string, Disc>
  /** the map flows to the bottom */
  down: boolean
  /** rate of the busiest edge */
  busiest: number
  selected: string | undefined
  /** requests that ended so are looked for: edges without any step back */
  marked: readonly Class[]
  /** dots move along the busiest edges */
  moving: boolean
  /** against an earlier time: then colour is change, not health */
  deltas?: ReadonlyMap<string, Delta>
  onSelect: (id: string) => void
  onOver: (id: string | null) => void
}

/** All connections in one drawing under the nodes, with their labels. */
export const Edges = memo(function Edges({ edges, discs, down, busiest, selected, marked, moving, deltas, onSelect, onOver }: Props) {
  const drawn = edges.flatMap((edge) => {
    const a = discs.get(edge.source)
    const b = discs.get(edge.target)
    return a && b ? [{ edge, line: curve(a, b, down), width: edgeWidth(edge.stats.rate, busiest), red: deltas === undefined ? redness(edge.stats) : 0 }] : []
  })
  // What fails, or changed, lies on top.
  const loud = (id: string) => (deltas?.get(id)?.tone ?? 'same') !== 'same'
  drawn.sort((a, b) => a.red - b.red || Number(loud(a.edge.id)) - Number(loud(b.edge.id)))
  const quiet = edges.length > 4 * discs.size
  const flows = useMemo(() => new Map(moving ? flowsOf(edges).map((f) => [f.id, f]) : []), [moving, edges])
  return (
    <>
      <svg className={css.layer} data-quiet={quiet || undefined} aria-hidden="true">
        {drawn.map(({ edge, line, width, red }) => (
          <g
            key={edge.id}
            className={css.edge}
            data-edge={edge.id}
            data-async={edge.async || undefined}
            data-ghost={edge.ghost || undefined}
            data-off={(marked.length > 0 && !marked.some((c) => share(edge.stats, c) > 0)) || undefined}
            data-bad={red >= 10 || loud(edge.id) || undefined}
            data-tone={deltas?.get(edge.id)?.tone}
            data-new={deltas?.get(edge.id)?.before === null || undefined}
            data-selected={edge.id === selected || undefined}
            style={{ '--red': `${red}%` }}
            onClick={(e) => {
              e.stopPropagation()
              onSelect(edge.id)
            }}
            onPointerEnter={() => onOver(edge.id)}
            onPointerLeave={() => onOver(null)}
          >
            <path d={line.path} className={css.hit} />
            <path d={line.path} className={css.line} strokeWidth={quiet && red < 10 ? Math.min(1.5, width) : width} />
            <path d={arrowPath(line, width)} className={css.head} />
            <Dots path={line.path} flow={flows.get(edge.id)} />
          </g>
        ))}
      </svg>
      {drawn.map(({ edge, line }) => (
        <span key={edge.id} className={css.label} data-edge={edge.id} style={{ left: line.middle.x, top: line.middle.y }} aria-hidden="true">
          {(deltas?.has(edge.id) ? deltaLabel(deltas.get(edge.id), edgeLabel(edge.stats)) : edgeLabel(edge.stats)).map((line, i) => (
            <span key={line} className={i > 0 && !deltas ? css.failed : undefined}>
              {line}
            </span>
          ))}
        </span>
      ))}
    </>
  )
})

/** Requests under way: dots from end to end, evenly apart. The browser moves them; nothing is drawn anew. */
function Dots({ path, flow }: { path: string; flow: Flow | undefined }) {
  if (flow === undefined) return null
  return Array.from({ length: flow.dots }, (_, i) => (
    <circle key={i} r={2.6} className={css.dot} data-failing={(flow.failing && i === 0) || undefined}>
      <animateMotion dur={`${flow.seconds}s`} begin={`${((-flow.seconds * i) / flow.dots).toFixed(2)}s`} repeatCount="indefinite" path={path} />
    </circle>
  ))
}
