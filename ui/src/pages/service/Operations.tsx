import { getRouteApi, Link } from '@tanstack/react-router'
import type { Scope } from '../../api/hooks'
import type { Operation, Service } from '../../api/types'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { failedShare, failedSpark, firstDir, type FigureKey, sortRows } from '../../pure/red'
import { ApdexScore } from '../../widgets/ApdexScore'
import { SortHeader } from '../../widgets/SortHeader'
import { Sparkline } from '../../widgets/Sparkline'
import { useHotkeys } from '../../widgets/hotkeys'
import { Empty } from '../../widgets/States'
import { OperationPanel } from './OperationPanel'
import css from './Table.module.css'

const route = getRouteApi('/services/$name')

/** What the service does; a row opens the operation's own panel. */
export function Operations({ service, scope }: { service: Service; scope: Scope }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const sort = search.sort ?? 'rate'
  const dir = search.dir ?? firstDir(sort)
  const close = () => void navigate({ search: (s) => ({ ...s, op: undefined, kind: undefined }) })
  useHotkeys('Operations', search.op === undefined ? [] : [{ keys: 'escape', label: 'Close the operation', run: close }])
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
  const list = (
    <div role="table" aria-label="Operations" className={css.table}>
      <div role="rowgroup">
        <div role="row" className={css.head} data-columns={columns}>
          {head('name', 'Operation', false)}
          {head('rate', 'Requests')}
          {head('error', 'Failed')}
          {head('p50', 'p50')}
          {head('p95', 'p95')}
          {head('p99', 'p99')}
          {head('apdex', 'Apdex')}
          <div role="columnheader" className={css.plainHead}>
            Share of time
          </div>
        </div>
      </div>
      <div role="rowgroup">
        {sortRows(service.operations, sort, dir).map((o) => (
          <Row key={`${o.kind} ${o.name}`} columns={columns} operation={o} open={search.op === o.name && (search.kind ?? o.kind) === o.kind} share={time > 0 ? (o.stats.requests * o.stats.avg_ns) / time : 0} />
        ))}
      </div>
    </div>
  )
  return (
    <div className={css.split} data-open={search.op !== undefined || undefined}>
      {list}
      {search.op !== undefined && <OperationPanel service={service.name} operation={search.op} kind={search.kind} scope={{ ...scope, env: scope.env ?? (service.env === '' ? undefined : service.env) }} onClose={close} />}
    </div>
  )
}

function Row({ columns, operation, open, share }: { columns: string; operation: Operation; open: boolean; share: number }) {
  const { name } = route.useParams()
  const { stats, series } = operation
  const failed = failedShare(stats)
  const failures = series && failedSpark(series)
  const overflow = operation.name === '__overflow__'
  return (
    <div role="row" className={css.row} data-columns={columns} data-open={open || undefined}>
      <div role="cell" className={css.name}>
        {overflow ? (
          <span title="The service has more operations than are counted one by one">Everything else</span>
        ) : (
          <Link
            to="/services/$name"
            params={{ name }}
            from="/services/$name"
            search={(s) => ({ ...s, op: open ? undefined : operation.name, kind: open ? undefined : operation.kind })}
            resetScroll={false}
            className={css.link}
            title={operation.name}
            aria-current={open || undefined}
          >
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
        {failures && <Sparkline values={failures.values} max={failures.max} tone={failures.loud ? 'fault' : 'plain'} />}
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
      <div role="cell" className={css.number} data-quiet>
        <ApdexScore apdex={operation.apdex} />
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
