import { getRouteApi, Link } from '@tanstack/react-router'
import type { Operation, Service } from '../../api/types'
import { useShared } from '../../nav'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { failedShare, faultSpark, firstDir, type FigureKey, sortRows } from '../../pure/red'
import { SortHeader } from '../../widgets/SortHeader'
import { Sparkline } from '../../widgets/Sparkline'
import { Empty } from '../../widgets/States'
import css from './Table.module.css'

const route = getRouteApi('/services/$name')

/** What the service does; each row leads to the traces of that operation. */
export function Operations({ service }: { service: Service }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const sort = search.sort ?? 'rate'
  const dir = search.dir ?? firstDir(sort)
  if (service.operations.length === 0) return <Empty title="No operation">The service sent no server or consumer span in this time range.</Empty>
  const columns = service.operations.some((o) => o.series !== undefined) ? 'operations' : 'operations-plain'
  const time = service.operations.reduce((sum, o) => sum + o.stats.requests * o.stats.avg_ns, 0)
  const head = (key: FigureKey, label: string, right = true) => (
    <SortHeader
      dir={sort === key ? dir : null}
      right={right}
      onSort={() =>
        void navigate({
          search: (s) => ({ ...s, sort: key === 'rate' ? undefined : key, dir: key === sort && dir === firstDir(key) ? (dir === 'asc' ? 'desc' : 'asc') : undefined }),
          replace: true,
        })
      }
    >
      {label}
    </SortHeader>
  )
  return (
    <div role="table" aria-label="Operations" className={css.table}>
      <div role="rowgroup">
        <div role="row" className={css.head} data-columns={columns}>
          {head('name', 'Operation', false)}
          {head('rate', 'Requests')}
          {head('error', 'Failed')}
          {head('p50', 'p50')}
          {head('p95', 'p95')}
          {head('p99', 'p99')}
          <div role="columnheader" className={css.plainHead}>
            Share of time
          </div>
        </div>
      </div>
      <div role="rowgroup">
        {sortRows(service.operations, sort, dir).map((o) => (
          <Row key={`${o.kind} ${o.name}`} columns={columns} operation={o} service={service.name} share={time > 0 ? (o.stats.requests * o.stats.avg_ns) / time : 0} />
        ))}
      </div>
    </div>
  )
}

function Row({ columns, operation, service, share }: { columns: string; operation: Operation; service: string; share: number }) {
  const shared = useShared()
  const { stats, series } = operation
  const failed = failedShare(stats)
  const faults = series && faultSpark(series)
  const overflow = operation.name === '__overflow__'
  return (
    <div role="row" className={css.row} data-columns={columns}>
      <div role="cell" className={css.name}>
        {overflow ? (
          <span title="The service has more operations than are counted one by one">Everything else</span>
        ) : (
          <Link to="/traces" search={{ ...shared, q: `service = ${quoteValue(service)} and name = ${quoteValue(operation.name)}` }} className={css.link} title={`Traces of ${operation.name}`}>
            {operation.name}
          </Link>
        )}
        <span className={css.sub}>{operation.kind}</span>
      </div>
      <div role="cell" className={css.metric}>
        {series && <Sparkline values={series.requests} />}
        <span className={css.number}>{formatRate(stats.rate)}</span>
      </div>
      <div role="cell" className={css.metric}>
        {faults && <Sparkline values={faults.values} max={faults.max} tone={faults.loud ? 'fault' : 'plain'} />}
        <span className={css.number} data-bad={failed >= 0.01 || undefined}>
          {formatPercent(failed)}
        </span>
      </div>
      <div role="cell" className={css.number} data-quiet>
        {formatDuration(stats.p50_ns)}
      </div>
      <div role="cell" className={css.metric}>
        {series && <Sparkline values={series.p95_ns} />}
        <span className={css.number}>{formatDuration(stats.p95_ns)}</span>
      </div>
      <div role="cell" className={css.number} data-quiet>
        {formatDuration(stats.p99_ns)}
      </div>
      <div role="cell" className={css.share}>
        <span className={css.track}>
          <span className={css.bar} style={{ width: `${100 * share}%` }} />
        </span>
        <span className={css.percent}>{formatPercent(share)}</span>
      </div>
    </div>
  )
}
