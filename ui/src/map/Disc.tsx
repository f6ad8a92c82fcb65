import { memo } from 'react'
import type { Class } from '../api/types'
import type { Alarm } from '../pure/alerts'
import { formatDuration, middleEllipsis } from '../pure/format'
import { type Delta, deltaWords, headline } from '../pure/mapCompare'
import { arcPath, perMinute, redness, slowness, spoken, type ColourBy } from '../pure/mapDraw'
import type { SceneNode } from '../pure/mapScene'
import { ringArcs, share } from '../pure/mapStats'
import type { Px } from '../pure/units'
import { AlertBadge } from '../widgets/AlertBadge'
import { Glyph } from './Glyph'
import css from './Disc.module.css'

type Props = {
  node: SceneNode
  size: Px
  colour: ColourBy
  /** p95 of the slowest node in view, for colouring by latency */
  slowest: number
  /** against an earlier time, for colouring by change; null where there is nothing to compare */
  delta: Delta | null
  /** words on a version that came in the time in view */
  deployed?: string
  /** its alerts, or those of its members */
  alarm?: Alarm
  selected: boolean
  tabbable: boolean
  /** keeps its name when the view is far away */
  major: boolean
  /** requests that ended so are looked for: nodes without any step back */
  marked: readonly Class[]
  /** replaces the figures inside, such as a share of the trace's time */
  caption?: readonly [string, string]
  /** figures may stand under the name while there is no room inside */
  few: boolean
  onSelect: (id: string) => void
}

/** A node of which more than this share fails stands out from afar. */
const ALARMING = 0.05

/** A node of the map: its ring says how its requests end, its inside how many and how long. */
export const Disc = memo(function Disc({ node, size, colour, slowest, delta, deployed, alarm, selected, tabbable, major, marked, caption, few, onSelect }: Props) {
  const { stats } = node
  const alarming = share(stats, 'fault') >= ALARMING ? 'fault' : share(stats, 'throttle') >= ALARMING ? 'throttle' : undefined
  const words = node.shape === 'group' ? `${node.members.length} nodes` : node.kind.words
  const shown = caption ?? (colour === 'change' && delta !== null && stats !== null ? headline(delta, formatDuration(stats.p95_ns)) : undefined)
  const off = marked.length > 0 && !marked.some((c) => share(stats, c) > 0)
  return (
    <button
      type="button"
      className={css.node}
      data-node={node.id}
      data-shape={node.shape}
      data-glyph={node.kind.glyph}
      data-inferred={node.inferred || undefined}
      data-ghost={node.ghost || undefined}
      data-off={off || undefined}
      data-selected={selected || undefined}
      data-alarming={colour === 'change' ? undefined : alarming}
      data-trouble={(colour === 'change' ? delta !== null && delta.tone !== 'same' : redness(stats) > 0) || undefined}
      data-major={major || (alarm !== undefined && alarm.firing > 0) || undefined}
      data-small={size < 62 || undefined}
      tabIndex={tabbable ? 0 : -1}
      aria-label={[spoken(node.label, node.ghost ? `${words}, no requests at present` : words, stats), delta === null ? '' : deltaWords(delta), alarm?.words ?? '', deployed ?? ''].filter((t) => t !== '').join(', ')}
      aria-pressed={selected}
      title={[node.label, [deployed, alarm?.words].filter((t) => t !== undefined).join('; ')].filter((t) => t !== '').join(': ')}
      onClick={() => onSelect(node.id)}
    >
      <span className={css.disc} style={{ width: size, height: size }}>
        <Ring node={node} size={size} colour={colour} slowest={slowest} delta={delta} />
        <span className={css.inside}>
          <Inside node={node} size={size} caption={shown} few={few} />
        </span>
        {deployed !== undefined && <span className={css.deployed} />}
        {alarm !== undefined && <AlertBadge alarm={alarm} spoken={false} className={css.alarm} />}
        {node.kind.badge !== '' && <span className={css.badge}>{node.kind.badge}</span>}
      </span>
      <span className={css.name} aria-hidden="true">
        <span className={css.long}>{middleEllipsis(node.label, 22)}</span>
        <span className={css.short}>{middleEllipsis(node.label, 14)}</span>
        <span className={css.short}>{middleEllipsis(node.label, 10)}</span>
      </span>
      {stats !== null && stats.requests > 0 && (
        <span className={css.rows} aria-hidden="true">
          <b>p50</b> {formatDuration(stats.p50_ns)} <b>p99</b> {formatDuration(stats.p99_ns)}
        </span>
      )}
      {few && stats !== null && stats.requests > 0 && (
        <span className={css.below} data-caption={shown !== undefined || undefined} aria-hidden="true">
          {shown?.[0] ?? formatDuration(stats.p95_ns)} <b>{shown?.[1] ?? perMinute(stats.rate)}</b>
        </span>
      )}
    </button>
  )
})

function Ring({ node, size, colour, slowest, delta }: Pick<Props, 'node' | 'size' | 'colour' | 'slowest' | 'delta'>) {
  const c = size / 2
  const arcs = ringArcs(node.stats)
  return (
    <svg className={css.ring} width={size} height={size} aria-hidden="true">
      <circle cx={c} cy={c} r={c - 3} className={css.base} />
      {colour === 'health' && arcs.map((arc) => <path key={arc.class} d={arcPath(c, c, c - (arc.class === 'ok' ? 3 : 3.5), arc)} className={css.arc} data-class={arc.class} />)}
      {colour === 'latency' && arcs.length > 0 && <circle cx={c} cy={c} r={c - 3.5} className={css.heat} style={{ '--heat': `${slowness(node.stats, slowest)}%` }} />}
      {colour === 'change' && delta !== null && <circle cx={c} cy={c} r={c - 3.5} className={css.change} data-tone={delta.before === null ? 'new' : delta.tone} />}
    </svg>
  )
}

function Inside({ node, size, caption, few }: Pick<Props, 'node' | 'size' | 'caption' | 'few'>) {
  const { stats, kind } = node
  const plain = kind.glyph === 'service' && node.shape === 'node'
  if (stats === null || stats.requests <= 0) return <Glyph name={kind.glyph} size={22} />
  // What stands below from afar need not be inside as well.
  const leaves = caption === undefined || few || undefined
  const [top, bottom] = caption ?? [formatDuration(stats.p95_ns), perMinute(stats.rate)]
  return (
    <>
      {!plain && <Glyph name={kind.glyph} size={size < 62 ? 15 : 17} />}
      {plain && leaves && (
        <span className={css.afar} data-afar>
          <Glyph name={kind.glyph} size={22} />
        </span>
      )}
      <span className={css.value} data-figure={leaves}>{top}</span>
      {(plain || size >= 70) && <span className={css.rate} data-figure={leaves}>{bottom}</span>}
    </>
  )
}
