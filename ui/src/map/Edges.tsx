import { memo } from 'react'
import { arrowPath, curve, type Disc, edgeLabel, edgeWidth, redness } from '../pure/mapDraw'
import type { SceneEdge } from '../pure/mapScene'
import css from './Edges.module.css'

type Props = {
  edges: readonly SceneEdge[]
  discs: ReadonlyMap<string, Disc>
  /** the map flows to the bottom */
  down: boolean
  /** rate of the busiest edge */
  busiest: number
  selected: string | undefined
  onSelect: (id: string) => void
  onOver: (id: string | null) => void
}

/** All connections in one drawing under the nodes, with their labels. */
export const Edges = memo(function Edges({ edges, discs, down, busiest, selected, onSelect, onOver }: Props) {
  const drawn = edges.flatMap((edge) => {
    const a = discs.get(edge.source)
    const b = discs.get(edge.target)
    return a && b ? [{ edge, line: curve(a, b, down), width: edgeWidth(edge.stats.rate, busiest), red: redness(edge.stats) }] : []
  })
  // What fails lies on top.
  drawn.sort((a, b) => a.red - b.red)
  const quiet = edges.length > 4 * discs.size
  return (
    <>
      <svg className={css.layer} data-quiet={quiet || undefined} aria-hidden="true">
        {drawn.map(({ edge, line, width, red }) => (
          <g
            key={edge.id}
            className={css.edge}
            data-edge={edge.id}
            data-async={edge.async || undefined}
            data-bad={red >= 10 || undefined}
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
          </g>
        ))}
      </svg>
      {drawn.map(({ edge, line }) => (
        <span key={edge.id} className={css.label} data-edge={edge.id} style={{ left: line.middle.x, top: line.middle.y }} aria-hidden="true">
          {edgeLabel(edge.stats).map((line, i) => (
            <span key={line} className={i > 0 ? css.failed : undefined}>
              {line}
            </span>
          ))}
        </span>
      ))}
    </>
  )
})
