import { Link } from '@tanstack/react-router'
import { type Scope, useMap } from '../../api/hooks'
import type { MapNode, Service } from '../../api/types'
import { useShared } from '../../nav'
import { timeShares } from '../../pure/deploys'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { nameOfId, type Neighbour, neighboursOf, nodeIdOf } from '../../pure/neighbours'
import { failedShare, typeLabel } from '../../pure/red'
import css from './Table.module.css'

/** Who calls the service and what it calls, as the callers saw it. */
export function Dependencies({ service, scope }: { service: Service; scope: Scope }) {
  const id = nodeIdOf(service)
  const map = useMap({ ...scope, live: false }, id === null ? {} : { focus: id, hops: 1 })
  const nodes = map.data?.nodes ?? []
  const downstream = neighboursOf(service.downstream, 'target', nodes)
  const upstream = neighboursOf(service.upstream, 'source', nodes)
  const shares = timeShares(service.stats, downstream.map((n) => n.edge))
  const requests = upstream.reduce((sum, n) => sum + n.edge.stats.requests, 0)
  return (
    <>
      <Section title="Called by" none="Nobody was seen to call this service." rows={upstream} shareTitle="Share of requests" shares={upstream.map((n) => (requests > 0 ? n.edge.stats.requests / requests : 0))} />
      <Section
        title="Calls"
        note={downstream.length === 0 ? undefined : shares.overlapping ? 'Where its time goes. Calls overlap: together they take longer than the service itself.' : `Where its time goes: ${formatPercent(shares.own)} of it is its own work.`}
        none="This service was not seen to call anything."
        rows={downstream}
        shareTitle="Share of time"
        shares={shares.calls}
      />
    </>
  )
}

type SectionProps = { title: string; note?: string; none: string; rows: readonly Neighbour[]; shareTitle: string; shares: readonly number[] }

function Section({ title, note, none, rows, shareTitle, shares }: SectionProps) {
  const right = (label: string) => (
    <div role="columnheader" className={css.plainHead} data-right>
      {label}
    </div>
  )
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      {note !== undefined && <p className={css.none}>{note}</p>}
      {rows.length === 0 ? (
        <p className={css.none}>{none}</p>
      ) : (
        <div role="table" aria-label={title} className={css.table}>
          <div role="rowgroup">
            <div role="row" className={css.head} data-columns="neighbours">
              <div role="columnheader" className={css.plainHead}>
                Name
              </div>
              {right('Requests')}
              {right('Failed')}
              {right('p50')}
              {right('p95')}
              {right('p99')}
              <div role="columnheader" className={css.plainHead}>
                {shareTitle}
              </div>
            </div>
          </div>
          <div role="rowgroup">
            {rows.map((n, i) => (
              <Row key={n.edge.id} neighbour={n} share={shares[i]} />
            ))}
          </div>
        </div>
      )}
    </section>
  )
}

function Row({ neighbour, share }: { neighbour: Neighbour; share: number }) {
  const { edge, node, id } = neighbour
  const failed = failedShare(edge.stats)
  return (
    <div role="row" className={css.row} data-columns="neighbours">
      <div role="cell" className={css.name}>
        <Name node={node} id={id} />
        <span className={css.sub}>{[node === null ? '' : node.kind === 'client' ? 'outside' : typeLabel(node.type) || node.namespace, edge.async ? 'through a queue' : ''].filter((s) => s !== '').join(' · ')}</span>
      </div>
      <div role="cell" className={css.number}>
        {formatRate(edge.stats.rate)}
      </div>
      <div role="cell" className={css.number} data-bad={failed >= 0.01 || undefined}>
        {formatPercent(failed)}
      </div>
      <div role="cell" className={css.number} data-quiet>
        {formatDuration(edge.stats.p50_ns)}
      </div>
      <div role="cell" className={css.number}>
        {formatDuration(edge.stats.p95_ns)}
      </div>
      <div role="cell" className={css.number} data-quiet>
        {formatDuration(edge.stats.p99_ns)}
      </div>
      <div role="cell" className={css.share}>
        <span className={css.track}>
          <span className={css.bar} style={{ width: `${100 * share}%` }} />
        </span>
        <span className={css.percent}>{edge.async ? '' : formatPercent(share)}</span>
      </div>
    </div>
  )
}

function Name({ node, id }: { node: MapNode | null; id: string }) {
  const shared = useShared()
  const name = node?.name ?? nameOfId(id)
  if (node?.kind === 'service') {
    return (
      <Link to="/services/$name" params={{ name }} search={{ ...shared, env: node.env === '' ? undefined : node.env }} className={css.link}>
        {name}
      </Link>
    )
  }
  return (
    <Link to="/map" search={{ ...shared, focus: id }} className={css.link}>
      {node?.kind === 'client' ? `Clients of ${name}` : name}
    </Link>
  )
}
