import { ArrowRight } from 'lucide-react'
import { Fragment } from 'react'
import { useSeries } from '../../api/hooks'
import type { Class, MapEdge, MapNode, Stats } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { Panel, Section } from '../../map/Panel'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { edgeQuery } from '../../pure/mapQuery'
import { share } from '../../pure/mapStats'
import { OUTCOME_SHORT, OUTCOMES } from '../../pure/outcome'
import { ClassMark } from '../../widgets/ClassMark'
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
      {edge.server !== null && <Sides caller={edge.stats} callee={edge.server} classed={edge.server_classed} source={source.name} target={target.name} waits={!edge.async} />}
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
function Sides({ caller, callee, classed, source, target, waits }: { caller: Stats; callee: Stats; classed: boolean; source: string; target: string; waits: boolean }) {
  const gap = caller.avg_ns - callee.avg_ns
  // Where the two disagree, requests were lost on the way, timed out, or were answered by something in between.
  const ended = (value: Class) => {
    const [seen, said] = [share(caller, value), share(callee, value)]
    const apart = classed && Math.abs(seen - said) >= 0.0005
    return (
      <tr>
        <th scope="row">
          <ClassMark value={value} size={11} label={false} />
          {OUTCOME_SHORT[value]}
        </th>
        <td>{formatPercent(seen)}</td>
        <td>{classed ? formatPercent(said) : '–'}</td>
        <td data-tone={apart && (value === 'ok' ? seen < said : seen > said) ? 'worse' : undefined}>{apart ? `${seen > said ? '+' : '−'}${formatPercent(Math.abs(seen - said))}` : ''}</td>
      </tr>
    )
  }
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
          {OUTCOMES.filter((c) => c === 'ok' || caller[c] > 0 || callee[c] > 0).map((c) => (
            <Fragment key={c}>{ended(c)}</Fragment>
          ))}
          {row('avg', (s) => formatDuration(s.avg_ns), (a, b) => a.avg_ns - b.avg_ns)}
          {row('p50', (s) => formatDuration(s.p50_ns), (a, b) => a.p50_ns - b.p50_ns)}
          {row('p95', (s) => formatDuration(s.p95_ns), (a, b) => a.p95_ns - b.p95_ns)}
          {row('p99', (s) => formatDuration(s.p99_ns), (a, b) => a.p99_ns - b.p99_ns)}
        </tbody>
      </table>
      {!classed && <p className={css.muted}>How the callee says that requests ended is not known of all of this time range: a part of it is older than this version.</p>}
    </Section>
  )
}
