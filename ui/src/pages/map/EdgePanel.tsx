import { ArrowRight } from 'lucide-react'
import { useSeries } from '../../api/hooks'
import type { MapEdge, MapNode, Stats } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { Panel, Section } from '../../map/Panel'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { edgeQuery } from '../../pure/mapQuery'
import { badShare, share } from '../../pure/mapStats'
import { Compared } from './Compared'
import { Drill, Red } from './Drill'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

type Props = { view: PanelView; edge: MapEdge; source: MapNode; target: MapNode }

/** A connection from both sides: what the caller saw and what the callee measured; between them lies the network. */
export function EdgePanel({ view, edge, source, target }: Props) {
  const series = useSeries({ source: edge.source, target: edge.target }, view.whole)
  const age = edge.event_age
  return (
    <Panel
      label={`${source.name} to ${target.name}`}
      onClose={() => view.onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <button type="button" className={css.end} onClick={() => view.onSelect(`n:${source.id}`)}>
              {source.name}
            </button>
            <ArrowRight size={15} aria-label="to" />
            <button type="button" className={css.end} onClick={() => view.onSelect(`n:${target.id}`)}>
              {target.name}
            </button>
          </h2>
          <p className={css.facts}>{edge.async ? 'asynchronous: the caller does not wait' : 'as the caller saw it'}</p>
        </>
      }
    >
      <Red stats={edge.stats} series={series.data} mark={view.mark} />
      {view.before && edge.stats.requests > 0 && <Compared now={edge.stats} then={view.before.map.edges.find((e) => e.id === edge.id)?.stats} before={view.before} />}
      {edge.server !== null && <Sides caller={edge.stats} callee={edge.server} source={source.name} target={target.name} waits={!edge.async} />}
      {age !== null && (
        <Section title="Event age" aside={<span className={css.muted}>avg {formatDuration(age.avg_ns)}</span>}>
          <p className={css.muted}>Between sending and the start of processing.</p>
          <Histogram histogram={age.histogram} marks={[['p50', age.p50_ns], ['p95', age.p95_ns]]} />
        </Section>
      )}
      <Drill
        view={view}
        stats={edge.stats}
        title="Latency, as the caller saw it"
        other={edge.server === null ? undefined : { histogram: edge.server.histogram, label: 'outline: as the callee saw it' }}
        query={(pick) => edgeQuery(edge, source, target, pick, view.map.envs.length > 1)}
      />
    </Panel>
  )
}

/** Both views side by side. What the caller waited longer than the callee worked went by between the two. */
function Sides({ caller, callee, source, target, waits }: { caller: Stats; callee: Stats; source: string; target: string; waits: boolean }) {
  const gap = caller.avg_ns - callee.avg_ns
  // How requests ended is kept as the caller saw it; of the callee, how many and how long.
  const ended = (label: string, of: (s: Stats) => number) => (
    <tr>
      <th scope="row">{label}</th>
      <td>{formatPercent(of(caller))}</td>
      <td>–</td>
      <td />
    </tr>
  )
  const row = (label: string, of: (s: Stats) => string, between?: (a: Stats, b: Stats) => number) => (
    <tr>
      <th scope="row">{label}</th>
      <td>{of(caller)}</td>
      <td>{of(callee)}</td>
      <td>{between && waits ? formatDuration(Math.max(0, between(caller, callee))) : ''}</td>
    </tr>
  )
  return (
    <Section title="Caller and callee">
      {waits && caller.avg_ns > 0 && (
        <div className={css.gap} role="img" aria-label={gap > 0 ? `Of ${formatDuration(caller.avg_ns)} on average, ${formatDuration(gap)} pass between the two` : 'The callee accounts for all of the time'}>
          <span className={css.worked} style={{ width: `${Math.min(1, callee.avg_ns / caller.avg_ns) * 100}%` }}>
            <b>{target}</b> {formatDuration(callee.avg_ns)}
          </span>
          {gap > 0 && (
            <span className={css.between} style={{ minWidth: 3 }}>
              {gap / caller.avg_ns > 0.22 && <b>network {formatDuration(gap)}</b>}
            </span>
          )}
        </div>
      )}
      <table className={css.sides}>
        <thead>
          <tr>
            <td />
            <th scope="col" title={source}>Caller</th>
            <th scope="col" title={target}>Callee</th>
            <th scope="col">Between</th>
          </tr>
        </thead>
        <tbody>
          {row('Requests', (s) => formatRate(s.rate))}
          {ended('Failed', badShare)}
          {ended('4xx', (s) => share(s, 'error'))}
          {row('avg', (s) => formatDuration(s.avg_ns), (a, b) => a.avg_ns - b.avg_ns)}
          {row('p50', (s) => formatDuration(s.p50_ns), (a, b) => a.p50_ns - b.p50_ns)}
          {row('p95', (s) => formatDuration(s.p95_ns), (a, b) => a.p95_ns - b.p95_ns)}
          {row('p99', (s) => formatDuration(s.p99_ns), (a, b) => a.p99_ns - b.p99_ns)}
        </tbody>
      </table>
    </Section>
  )
}
