import { Link } from '@tanstack/react-router'
import { Focus, ListTree, Rows3 } from 'lucide-react'
import { useState } from 'react'
import { useSeries } from '../../api/hooks'
import type { Class, MapEdge, MapNode, Series, ServiceMap, Stats } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { Glyph } from '../../map/Glyph'
import { Panel, Section } from '../../map/Panel'
import { Spark } from '../../map/Spark'
import { useScope, useShared } from '../../nav'
import { formatCount, formatDuration, formatPercent, formatRate } from '../../pure/format'
import { kindOf } from '../../pure/mapKind'
import { countPicked, nodeQuery, NOTHING_PICKED, type Pick } from '../../pure/mapQuery'
import { badShare, share } from '../../pure/mapStats'
import { Button } from '../../widgets/Button'
import { ClassMark } from '../../widgets/ClassMark'
import css from './MapPanels.module.css'

type Props = { map: ServiceMap; node: MapNode; focused: boolean; onSelect: (sel: string | undefined) => void; onFocus: (id: string | undefined) => void }

/** All about one node: how it fares over time, how long it takes, what it talks to, and the way to its traces. */
export function NodePanel({ map, node, focused, onSelect, onFocus }: Props) {
  const shared = useShared()
  const series = useSeries(node.kind === 'client' ? null : { node: node.id }, useScope())
  const kind = kindOf(node.type, node.kind === 'inferred')
  const severalEnvs = map.envs.length > 1
  return (
    <Panel
      label={`${node.name}, ${kind.words}`}
      onClose={() => onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <Glyph name={kind.glyph} /> {node.name}
          </h2>
          <p className={css.facts}>
            {[kind.words, node.env, node.namespace, node.kind === 'inferred' ? 'not instrumented' : '', ...node.versions.slice(0, 3).map((v) => `v${v}`)].filter((t) => t !== '').join(' · ')}
          </p>
        </>
      }
      actions={
        <>
          {node.kind === 'service' && (
            <Link to="/services/$name" params={{ name: node.name }} search={shared} className={css.link}>
              <Rows3 size={14} aria-hidden="true" /> Service page
            </Link>
          )}
          <Link to="/traces" search={{ ...shared, q: nodeQuery(node, NOTHING_PICKED, severalEnvs) }} className={css.link}>
            <ListTree size={14} aria-hidden="true" /> Traces
          </Link>
          <Button size="sm" pressed={focused} onClick={() => onFocus(focused ? undefined : node.id)}>
            <Focus size={14} aria-hidden="true" /> Focus
          </Button>
        </>
      }
    >
      {node.stats === null ? <p className={css.muted}>Requests start here; a client has no figures of its own.</p> : <Red stats={node.stats} series={series.data} />}
      {node.stats !== null && <Drill key={node.id} stats={node.stats} query={(pick) => nodeQuery(node, pick, severalEnvs)} />}
      <Links title="Called by" map={map} edges={map.edges.filter((e) => e.target === node.id)} end="source" onSelect={onSelect} />
      <Links title="Calls" map={map} edges={map.edges.filter((e) => e.source === node.id)} end="target" onSelect={onSelect} />
    </Panel>
  )
}

/** Rate, failures and duration, each with its line over time. */
export function Red({ stats, series }: { stats: Stats; series: Series | undefined }) {
  const total = series?.ok.map((ok, i) => ok + series.error[i] + series.fault[i] + series.throttle[i]) ?? []
  const part = (what: 'error' | 'fault' | 'throttle') => series?.[what].map((v, i) => (total[i] > 0 ? v / total[i] : 0)) ?? []
  return (
    <div className={css.sparks}>
      <Spark label="Requests" figure={formatRate(stats.rate)} lines={[{ values: total, tone: 'strong', area: true }]} />
      <Spark
        label="Failed"
        figure={formatPercent(badShare(stats))}
        least={0.05}
        lines={[{ values: part('error'), tone: 'error' }, { values: part('throttle'), tone: 'throttle' }, { values: part('fault'), tone: 'fault', area: true }]}
      />
      <Spark label="p95" figure={formatDuration(stats.p95_ns)} lines={[{ values: series?.p50_ns ?? [], tone: 'plain' }, { values: series?.p95_ns ?? [], tone: 'strong' }]} />
    </div>
  )
}

const CLASSES: readonly Class[] = ['ok', 'error', 'throttle', 'fault']
const LABELS: Record<Class, string> = { ok: 'OK', error: 'Error', throttle: 'Throttle', fault: 'Fault' }

/** A range of durations and some ways to end become a search for traces. */
export function Drill({ stats, query }: { stats: Stats; query: (pick: Pick) => string }) {
  const shared = useShared()
  const [pick, setPick] = useState<Pick>(NOTHING_PICKED)
  const text = query(pick)
  const count = countPicked(stats.histogram, stats, pick)
  const toggle = (c: Class) => setPick({ ...pick, classes: pick.classes.includes(c) ? pick.classes.filter((x) => x !== c) : [...pick.classes, c] })
  return (
    <Section title="Latency" aside={<span className={css.muted}>avg {formatDuration(stats.avg_ns)}</span>}>
      <Histogram
        histogram={stats.histogram}
        marks={[['p50', stats.p50_ns], ['p95', stats.p95_ns], ['p99', stats.p99_ns]]}
        range={pick.range}
        onRange={(range) => setPick({ ...pick, range })}
      />
      <fieldset className={css.classes}>
        <legend className="visually-hidden">How requests ended</legend>
        {CLASSES.map((c) => (
          <label key={c} className={css.class} data-empty={stats[c] <= 0 || undefined}>
            <input type="checkbox" checked={pick.classes.includes(c)} onChange={() => toggle(c)} />
            <ClassMark value={c} size={13} label={false} />
            {LABELS[c]}
            <span className={css.muted}>{stats[c] > 0 ? formatPercent(share(stats, c)) : '0'}</span>
          </label>
        ))}
      </fieldset>
      <Link to="/traces" search={{ ...shared, q: text }} className={css.view}>
        View {count >= 1 ? `${formatCount(count)} ` : ''}
        {Math.round(count) === 1 ? 'trace' : 'traces'}
      </Link>
      <code className={css.query}>{text}</code>
    </Section>
  )
}

function Links({ title, map, edges, end, onSelect }: { title: string; map: ServiceMap; edges: readonly MapEdge[]; end: 'source' | 'target'; onSelect: (sel: string) => void }) {
  if (edges.length === 0) return null
  const by = new Map(map.nodes.map((n) => [n.id, n]))
  const sorted = [...edges].sort((a, b) => b.stats.fault - a.stats.fault || b.stats.rate - a.stats.rate)
  return (
    <Section title={title}>
      <ul className={css.links}>
        {sorted.map((e) => {
          const other = by.get(e[end])
          if (!other) return null
          const bad = badShare(e.stats)
          return (
            <li key={e.id}>
              <button type="button" className={css.row} onClick={() => onSelect(`e:${e.id}`)}>
                <Glyph name={kindOf(other.type, other.kind === 'inferred').glyph} size={14} />
                <span className={css.rowName}>{other.name}</span>
                {bad > 0 && <span className={css.bad}>{formatPercent(bad)}</span>}
                <span className={css.figure}>{formatRate(e.stats.rate)}</span>
                <span className={css.figure}>{formatDuration(e.stats.p95_ns)}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
