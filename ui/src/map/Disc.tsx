import { formatDuration, middleEllipsis } from '../pure/format'
import { arcPath, perMinute, redness, slowness, spoken, type ColourBy } from '../pure/mapDraw'
import type { SceneNode } from '../pure/mapScene'
import { ringArcs, share } from '../pure/mapStats'
import type { Px } from '../pure/units'
import { Glyph } from './Glyph'
import css from './Disc.module.css'

type Props = {
  node: SceneNode
  size: Px
  colour: ColourBy
  /** p95 of the slowest node in view, for colouring by latency */
  slowest: number
  selected: boolean
  tabbable: boolean
  /** keeps its name when the view is far away */
  major: boolean
  /** replaces the figures inside, such as a share of the trace's time */
  caption?: readonly [string, string]
  onSelect: (id: string) => void
}

/** A node of which more than this share fails stands out from afar. */
const ALARMING = 0.05

/** A node of the map: its ring says how its requests end, its inside how many and how long. */
export function Disc({ node, size, colour, slowest, selected, tabbable, major, caption, onSelect }: Props) {
  const alarming = share(node.stats, 'fault') >= ALARMING ? 'fault' : share(node.stats, 'throttle') >= ALARMING ? 'throttle' : undefined
  const words = node.shape === 'group' ? `${node.members.length} nodes` : node.kind.words
  return (
    <button
      type="button"
      className={css.node}
      data-node={node.id}
      data-shape={node.shape}
      data-glyph={node.kind.glyph}
      data-inferred={node.inferred || undefined}
      data-selected={selected || undefined}
      data-alarming={alarming}
      data-trouble={redness(node.stats) > 0 || undefined}
      data-major={major || undefined}
      data-small={size < 62 || undefined}
      tabIndex={tabbable ? 0 : -1}
      aria-label={spoken(node.label, words, node.stats)}
      aria-pressed={selected}
      title={node.label}
      onClick={() => onSelect(node.id)}
    >
      <span className={css.disc} style={{ width: size, height: size }}>
        <Ring node={node} size={size} colour={colour} slowest={slowest} />
        <span className={css.inside}>
          <Inside node={node} size={size} caption={caption} />
        </span>
        {node.kind.badge !== '' && <span className={css.badge}>{node.kind.badge}</span>}
      </span>
      <span className={css.name} aria-hidden="true">
        <span className={css.long}>{middleEllipsis(node.label, 20)}</span>
        <span className={css.short}>{middleEllipsis(node.label, 14)}</span>
        <span className={css.short}>{middleEllipsis(node.label, 10)}</span>
      </span>
    </button>
  )
}

function Ring({ node, size, colour, slowest }: Pick<Props, 'node' | 'size' | 'colour' | 'slowest'>) {
  const c = size / 2
  const arcs = ringArcs(node.stats)
  return (
    <svg className={css.ring} width={size} height={size} aria-hidden="true">
      <circle cx={c} cy={c} r={c - 3} className={css.base} />
      {colour === 'health'
        ? arcs.map((arc) => <path key={arc.class} d={arcPath(c, c, c - (arc.class === 'ok' ? 3 : 3.5), arc)} className={css.arc} data-class={arc.class} />)
        : arcs.length > 0 && <circle cx={c} cy={c} r={c - 3.5} className={css.heat} style={{ '--heat': `${slowness(node.stats, slowest)}%` }} />}
    </svg>
  )
}

function Inside({ node, size, caption }: Pick<Props, 'node' | 'size' | 'caption'>) {
  const { stats, kind } = node
  const plain = kind.glyph === 'service' && node.shape === 'node'
  if (stats === null || stats.requests <= 0) return <Glyph name={kind.glyph} size={22} />
  const [top, bottom] = caption ?? [formatDuration(stats.p95_ns), perMinute(stats.rate)]
  return (
    <>
      {!plain && <Glyph name={kind.glyph} size={size < 62 ? 15 : 17} />}
      <span className={css.value}>{top}</span>
      {(plain || size >= 70) && <span className={css.rate}>{bottom}</span>}
    </>
  )
}
