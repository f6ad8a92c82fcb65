import { ArrowRight } from 'lucide-react'
import { useSeries } from '../../api/hooks'
import type { MapEdge, MapNode, ServiceMap, Stats } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { Panel, Section } from '../../map/Panel'
import { useScope } from '../../nav'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { edgeQuery } from '../../pure/mapQuery'
import { badShare, share } from '../../pure/mapStats'
import { Drill, Red } from './NodePanel'
import css from './MapPanels.module.css'

type Props = { map: ServiceMap; edge: MapEdge; source: MapNode; target: MapNode; onSelect: (sel: string | undefined) => void }

/** A connection from both sides: what the caller saw and what the callee measured; between them lies the network. */
export function EdgePanel({ map, edge, source, target, onSelect }: Props) {
  const series = useSeries({ source: edge.source, target: edge.target }, useScope())
  const age = edge.event_age
  return (
    <Panel
      label={`${source.name} to ${target.name}`}
      onClose={() => onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <button type="button" className={css.end} onClick={() => onSelect(`n:${source.id}`)}>
              {source.name}
            </button>
            <ArrowRight size={15} aria-label="to" />
            <button type="button" className={css.end} onClick={() => onSelect(`n:${target.id}`)}>
              {target.name}
            </button>
          </h2>
          <p className={css.facts}>{edge.async ? 'asynchronous: the caller does not wait' : 'as the caller saw it'}</p>
        </>
      }
    >
      <Red stats={edge.stats} series={series.data} />
      {edge.server !== null && <Sides caller={edge.stats} callee={edge.server} />}
      {age !== null && (
        <Section title="Event age" aside={<span className={css.muted}>avg {formatDuration(age.avg_ns)}</span>}>
          <p className={css.muted}>Between sending and the start of processing.</p>
          <Histogram histogram={age.histogram} marks={[['p50', age.p50_ns], ['p95', age.p95_ns]]} range={null} onRange={() => undefined} />
        </Section>
      )}
      <Drill key={edge.id} stats={edge.stats} query={(pick) => edgeQuery(edge, source, target, pick, map.envs.length > 1)} />
    </Panel>
  )
}

function Sides({ caller, callee }: { caller: Stats; callee: Stats }) {
  const gap = caller.avg_ns - callee.avg_ns
  const row = (label: string, of: (s: Stats) => string) => (
    <tr>
      <th scope="row">{label}</th>
      <td>{of(caller)}</td>
      <td>{of(callee)}</td>
    </tr>
  )
  return (
    <Section title="Caller and callee">
      <table className={css.sides}>
        <thead>
          <tr>
            <td />
            <th scope="col">Caller</th>
            <th scope="col">Callee</th>
          </tr>
        </thead>
        <tbody>
          {row('Requests', (s) => formatRate(s.rate))}
          {row('Failed', (s) => formatPercent(badShare(s)))}
          {row('4xx', (s) => formatPercent(share(s, 'error')))}
          {row('avg', (s) => formatDuration(s.avg_ns))}
          {row('p50', (s) => formatDuration(s.p50_ns))}
          {row('p95', (s) => formatDuration(s.p95_ns))}
          {row('p99', (s) => formatDuration(s.p99_ns))}
        </tbody>
      </table>
      <p className={css.muted}>{gap > 0 ? `${formatDuration(gap)} of the average is spent between the two.` : 'The callee accounts for all of the time.'}</p>
    </Section>
  )
}
