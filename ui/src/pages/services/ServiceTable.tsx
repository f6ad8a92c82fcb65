import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, type RefObject } from 'react'
import { type Scope, usePrefetchService } from '../../api/hooks'
import type { ServiceRow, Stats } from '../../api/types'
import { useShared } from '../../nav'
import { assignHues } from '../../pure/colour'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { changeOf, failedShare, faultSpark, rowKey, type SortDir, type SortKey, typeLabel } from '../../pure/red'
import type { Nanos } from '../../pure/units'
import { Delta } from '../../widgets/Figure'
import { ServiceName } from '../../widgets/ServiceName'
import { SortHeader } from '../../widgets/SortHeader'
import { Sparkline } from '../../widgets/Sparkline'
import css from './ServiceTable.module.css'

const ROW = 56
/** Latencies and shares below these are no news, however much they change. */
const FELT_NS: Nanos = 5e6
const FELT_SHARE = 0.005

type Props = {
  rows: readonly ServiceRow[]
  /** The figures of the time before, by rowKey. */
  earlier: ReadonlyMap<string, Stats>
  sort: SortKey
  dir: SortDir
  onSort: (key: SortKey) => void
  scroller: RefObject<HTMLDivElement | null>
  scope: Scope
}

export function ServiceTable({ rows, earlier, sort, dir, onSort, scroller, scope }: Props) {
  const hues = useMemo(() => assignHues(rows.map((r) => r.name)), [rows])
  const versions = rows.some((r) => r.versions.length > 0)
  const body = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    scrollMargin: 100,
    getItemKey: (i) => rowKey(rows[i]),
  })
  const head = (key: SortKey, label: string, right = true) => (
    <SortHeader dir={sort === key ? dir : null} right={right} onSort={() => onSort(key)}>
      {label}
    </SortHeader>
  )
  return (
    <div role="table" aria-label="Services" aria-rowcount={rows.length + 1}>
      <div role="rowgroup" className={css.headGroup}>
        <div role="row" className={css.head}>
          {head('name', 'Service', false)}
          {head('rate', 'Requests')}
          {head('error', 'Failed')}
          {head('p50', 'p50')}
          {head('p95', 'p95')}
          {head('p99', 'p99')}
          {versions && (
            <div role="columnheader" className={css.version}>
              Version
            </div>
          )}
        </div>
      </div>
      <div ref={body} role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => (
          <Row
            key={item.key}
            row={rows[item.index]}
            before={earlier.get(rowKey(rows[item.index]))}
            hue={hues.get(rows[item.index].name) ?? 0}
            top={item.start - 100}
            index={item.index}
            scope={scope}
          />
        ))}
      </div>
    </div>
  )
}

type RowProps = { row: ServiceRow; before: Stats | undefined; hue: number; top: number; index: number; scope: Scope }

function Row({ row, before, hue, top, index, scope }: RowProps) {
  const shared = useShared()
  const prefetch = usePrefetchService()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const { stats } = row
  const failed = failedShare(stats)
  const faults = faultSpark(row.series)
  const env = row.env === '' ? undefined : row.env
  const label = typeLabel(row.type)
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={css.row}
      style={{ transform: `translateY(${top}px)` }}
      onPointerEnter={() => (timer.current = setTimeout(() => prefetch(row.name, { ...scope, env }), 70))}
      onPointerLeave={() => clearTimeout(timer.current)}
    >
      <div role="cell" className={css.service}>
        <Link to="/services/$name" params={{ name: row.name }} search={{ ...shared, env }} className={css.link}>
          <ServiceName name={row.name} hue={hue} />
        </Link>
        <span className={css.sub}>{[row.namespace, scope.env === undefined ? row.env : '', label].filter((s) => s !== '').join(' · ')}</span>
      </div>
      <div role="cell" className={css.metric}>
        <span className={css.spark}>
          <Sparkline values={row.series.requests} />
        </span>
        <span className={css.number}>
          {formatRate(stats.rate)}
          <Delta change={changeOf(stats.rate, before?.rate, 'neutral')} />
        </span>
      </div>
      <div role="cell" className={css.metric}>
        <span className={css.spark}>
          <Sparkline values={faults.values} max={faults.max} tone={faults.loud ? 'fault' : 'plain'} />
        </span>
        <span className={css.number} data-bad={failed >= 0.01 || undefined}>
          {formatPercent(failed)}
          <Delta change={changeOf(failed, before && failedShare(before), 'worse', FELT_SHARE)} />
        </span>
      </div>
      <div role="cell" className={css.number} data-plain>
        {formatDuration(stats.p50_ns)}
      </div>
      <div role="cell" className={css.metric}>
        <span className={css.spark}>
          <Sparkline values={row.series.p95_ns} />
        </span>
        <span className={css.number}>
          {formatDuration(stats.p95_ns)}
          <Delta change={changeOf(stats.p95_ns, before?.p95_ns, 'worse', FELT_NS)} />
        </span>
      </div>
      <div role="cell" className={css.number} data-plain>
        {formatDuration(stats.p99_ns)}
      </div>
      <div role="cell" className={css.version}>
        {row.versions.length > 0 && (
          <>
            <span className={css.versionName}>{row.versions[0].name}</span>
            {row.versions.length > 1 && <span className={css.sub}>and {row.versions.length - 1} more</span>}
          </>
        )}
      </div>
    </div>
  )
}
