import { ArrowRight, Maximize2 } from 'lucide-react'
import type { MapEdge, MapNode, ServiceMap } from '../../api/types'
import { Glyph } from '../../map/Glyph'
import { Panel, Section } from '../../map/Panel'
import { formatDuration, formatPercent, formatRate, plural } from '../../pure/format'
import { type Alarm, alarmOf } from '../../pure/alerts'
import { kindOf } from '../../pure/mapKind'
import { edgesQuery } from '../../pure/mapQuery'
import type { SceneEdge, SceneNode } from '../../pure/mapScene'
import { failedShare } from '../../pure/red'
import { AlertBadge } from '../../widgets/AlertBadge'
import { AlertItems } from '../../widgets/AlertItems'
import { Button } from '../../widgets/Button'
import { Drill } from './Drill'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

/** More rows than this are a list for another page. */
const SHOWN = 60

type Props = { view: PanelView; node: SceneNode; onOpen: (id: string) => void }

/** What a closed group or a bunch of leaves holds. */
export function GroupPanel({ view, node, onOpen }: Props) {
  const inside = new Set(node.members)
  const members = view.map.nodes.filter((n) => inside.has(n.id)).sort((a, b) => failedShare(b.stats) - failedShare(a.stats) || (b.stats?.rate ?? 0) - (a.stats?.rate ?? 0))
  const alarm = alarmOf(node.members.flatMap((id) => view.alarms.get(id)?.alerts ?? []), view.past)
  return (
    <Panel
      label={node.label}
      onClose={() => view.onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <Glyph name={node.kind.glyph} /> {node.label}
          </h2>
          <p className={css.facts}>{plural(members.length, 'node')}</p>
        </>
      }
      actions={
        <Button size="sm" onClick={() => onOpen(node.id)}>
          <Maximize2 size={14} aria-hidden="true" /> {node.shape === 'group' ? 'Open group' : 'Show each'}
        </Button>
      }
    >
      {node.stats !== null && <Figures stats={node.stats} />}
      {alarm && (
        <Section title={view.past ? 'Alerts of this time' : 'Alerts'}>
          <AlertItems alerts={alarm.alerts} shared={view.shared} named />
        </Section>
      )}
      <Section title="Members">
        <ul className={css.links}>
          {members.slice(0, SHOWN).map((n) => (
            <li key={n.id}>
              <button
                type="button"
                className={css.row}
                onClick={() => {
                  onOpen(node.id)
                  view.onSelect(`n:${n.id}`)
                }}
              >
                <Glyph name={kindOf(n.type, n.kind === 'inferred').glyph} size={14} />
                <span className={css.rowName}>{n.name}</span>
                <MemberBadge alarm={view.alarms.get(n.id)} />
                {failedShare(n.stats) > 0 && <span className={css.bad}>{formatPercent(failedShare(n.stats))}</span>}
                <span className={css.figure}>{n.stats ? formatRate(n.stats.rate) : ''}</span>
                <span className={css.figure}>{n.stats ? formatDuration(n.stats.p95_ns) : ''}</span>
              </button>
            </li>
          ))}
        </ul>
        {members.length > SHOWN && <p className={css.muted}>and {members.length - SHOWN} more</p>}
      </Section>
    </Panel>
  )
}

function MemberBadge({ alarm }: { alarm: Alarm | undefined }) {
  return alarm === undefined ? null : <AlertBadge alarm={alarm} />
}

/** Sums over members have no line over time; their figures stand alone. */
function Figures({ stats }: { stats: NonNullable<SceneNode['stats']> }) {
  return (
    <dl className={css.figures}>
      <div><dt>Requests</dt><dd>{formatRate(stats.rate)}</dd></div>
      <div><dt>Failed</dt><dd data-bad={failedShare(stats) > 0 || undefined}>{formatPercent(failedShare(stats))}</dd></div>
      <div><dt>p95</dt><dd>{formatDuration(stats.p95_ns)}</dd></div>
    </dl>
  )
}

type EdgeProps = { view: PanelView; edge: SceneEdge; source: SceneNode; target: SceneNode }

/** The connections between two groups, or between a group and a node, as one. */
export function GroupEdgePanel({ view, edge, source, target }: EdgeProps) {
  const ends = endsOf(view.map, edge)
  const sorted = [...ends].sort((a, b) => failedShare(b.edge.stats) - failedShare(a.edge.stats) || b.edge.stats.rate - a.edge.stats.rate)
  return (
    <Panel
      label={`${source.label} to ${target.label}`}
      onClose={() => view.onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <button type="button" className={css.end} onClick={() => view.onSelect(`n:${source.id}`)}>
              {source.label}
            </button>
            <ArrowRight size={15} aria-label="to" />
            <button type="button" className={css.end} onClick={() => view.onSelect(`n:${target.id}`)}>
              {target.label}
            </button>
          </h2>
          <p className={css.facts}>{plural(ends.length, 'connection')}{edge.async ? ', asynchronous' : ''}</p>
        </>
      }
    >
      <Figures stats={edge.stats} />
      <Drill view={view} stats={edge.stats} title="Latency, as callers saw it" query={(pick) => edgesQuery(ends, pick, view.map.envs.length > 1)} />
      <Section title="Connections">
        <ul className={css.links}>
          {sorted.slice(0, SHOWN).map(({ edge: e, source: a, target: b }) => (
            <li key={e.id}>
              <button type="button" className={css.row} onClick={() => view.onSelect(`e:${e.id}`)}>
                <span className={css.rowName}>
                  {a.name} → {b.name}
                </span>
                {failedShare(e.stats) > 0 && <span className={css.bad}>{formatPercent(failedShare(e.stats))}</span>}
                <span className={css.figure}>{formatRate(e.stats.rate)}</span>
                <span className={css.figure}>{formatDuration(e.stats.p95_ns)}</span>
              </button>
            </li>
          ))}
        </ul>
        {sorted.length > SHOWN && <p className={css.muted}>and {sorted.length - SHOWN} more</p>}
      </Section>
    </Panel>
  )
}

function endsOf(map: ServiceMap, edge: SceneEdge): { edge: MapEdge; source: MapNode; target: MapNode }[] {
  const by = new Map(map.nodes.map((n) => [n.id, n]))
  const inside = new Set(edge.members)
  return map.edges.flatMap((e) => {
    const source = by.get(e.source)
    const target = by.get(e.target)
    return inside.has(e.id) && source && target ? [{ edge: e, source, target }] : []
  })
}
