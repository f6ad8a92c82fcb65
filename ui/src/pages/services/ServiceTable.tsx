import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useMemo, useRef, type RefObject } from 'react'
import { type Scope, usePrefetchService } from '../../api/hooks'
import type { ServiceRow, Stats } from '../../api/types'
import { useShared } from '../../nav'
import type { Alarm } from '../../pure/alerts'
import { assignHues } from '../../pure/colour'
import { formatAgo, formatDuration, formatMoment, formatPercent, formatRate, plural } from '../../pure/format'
import { changeOf, failedShare, failedSpark, type GroupHead, type ListItem, rowKey, type SortDir, type SortKey, teamOf, typeLabel } from '../../pure/red'
import { epochMsOfRFC3339, type Nanos } from '../../pure/units'
import { AlertBadge } from '../../widgets/AlertBadge'
import { ApdexScore } from '../../widgets/ApdexScore'
import { Delta } from '../../widgets/Figure'
import { ServiceName } from '../../widgets/ServiceName'
import { SortHeader } from '../../widgets/SortHeader'
import { Sparkline } from '../../widgets/Sparkline'
import { useNow } from '../../widgets/useNow'
import css from './ServiceTable.module.css'

const ROW = 56
const HEAD = 40
/** Latencies and shares below these are no news, however much they change. */
const FELT_NS: Nanos = 5e6
const FELT_SHARE = 0.005

type Props = {
  items: readonly ListItem[]
  /** By rowKey. */
  alarms: ReadonlyMap<string, Alarm>
  /** The figures of the time before, by rowKey. */
  earlier: ReadonlyMap<string, Stats>
  sort: SortKey
  dir: SortDir
  onSort: (key: SortKey) => void
  scroller: RefObject<HTMLDivElement | null>
  scope: Scope
}

const keyOf = (item: ListItem) => (item.kind === 'row' ? rowKey(item.row) : `group ${item.name}`)

export function ServiceTable({ items, alarms, earlier, sort, dir, onSort, scroller, scope }: Props) {
  const hues = useMemo(() => assignHues(items.flatMap((i) => (i.kind === 'row' ? [i.row.name] : []))), [items])
  const versions = items.some((i) => i.kind === 'row' && i.row.versions.length > 0)
  const body = useRef<HTMLDivElement>(null)
  const now = useNow(10_000)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => (items[i].kind === 'group' ? HEAD : ROW),
    overscan: 10,
    scrollMargin: 100,
    getItemKey: (i) => keyOf(items[i]),
  })
  useLayoutEffect(() => virtual.measure(), [virtual, items])
  const head = (key: SortKey, label: string, right = true) => (
    <SortHeader dir={sort === key ? dir : null} right={right} onSort={() => onSort(key)}>
      {label}
    </SortHeader>
  )
  return (
    <div role="table" aria-label="Services" aria-rowcount={items.length + 1}>
      <div role="rowgroup" className={css.headGroup}>
        <div role="row" className={css.head}>
          {head('name', 'Service', false)}
          {head('rate', 'Requests')}
          {head('error', 'Failed')}
          {head('p50', 'p50')}
          {head('p95', 'p95')}
          {head('p99', 'p99')}
          {head('apdex', 'Apdex')}
          {versions && <div className={css.version}>{head('deployed', 'Deployed', false)}</div>}
        </div>
      </div>
      <div ref={body} role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((virtualItem) => {
          const item = items[virtualItem.index]
          const place = { top: virtualItem.start - 100, index: virtualItem.index }
          if (item.kind === 'group') return <Group key={virtualItem.key} head={item} {...place} />
          return <Row key={virtualItem.key} row={item.row} alarm={alarms.get(rowKey(item.row))} before={earlier.get(rowKey(item.row))} hue={hues.get(item.row.name) ?? 0} scope={scope} now={now} {...place} />
        })}
      </div>
    </div>
  )
}

function Group({ head, top, index }: { head: GroupHead; top: number; index: number }) {
  return (
    <div role="row" aria-rowindex={index + 2} className={css.group} style={{ transform: `translateY(${top}px)`, height: HEAD }}>
      <div role="rowheader" className={css.groupName}>
        {head.name === '' ? 'None given' : head.name}
        <span>
          {plural(head.count, 'service')}, {formatRate(head.rate)}, {formatPercent(head.failed)} failed
        </span>
      </div>
    </div>
  )
}

type RowProps = { row: ServiceRow; alarm: Alarm | undefined; before: Stats | undefined; hue: number; top: number; index: number; scope: Scope; now: number }

function Row({ row, alarm, before, hue, top, index, scope, now }: RowProps) {
  const shared = useShared()
  const prefetch = usePrefetchService()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const { stats } = row
  const failed = failedShare(stats)
  const failures = failedSpark(row.series)
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
          {alarm && <AlertBadge alarm={alarm} className={css.alarm} />}
        </Link>
        <span className={css.sub}>{[teamOf(row), row.namespace, scope.env === undefined ? row.env : '', label].filter((s) => s !== '').join(' · ')}</span>
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
          <Sparkline values={failures.values} max={failures.max} tone={failures.loud ? 'fault' : 'plain'} />
        </span>
        <span className={css.number} data-bad={failed >= 0.01 || undefined}>
          {formatPercent(failed)}
          <Delta change={changeOf(failed, before && failedShare(before), 'worse', FELT_SHARE)} />
        </span>
      </div>
      <div role="cell" className={css.number} data-plain>
        {formatDuration(stats.p50_ns)}
        <Delta change={changeOf(stats.p50_ns, before?.p50_ns, 'worse', FELT_NS)} />
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
        <Delta change={changeOf(stats.p99_ns, before?.p99_ns, 'worse', FELT_NS)} />
      </div>
      <div role="cell" className={css.number} data-plain data-apdex>
        <ApdexScore apdex={row.apdex} />
      </div>
      <div role="cell" className={css.version}>
        <Deployed row={row} now={now} />
      </div>
    </div>
  )
}

/** What was deployed last and when; else the version that was there all the time. */
function Deployed({ row, now }: { row: ServiceRow; now: number }) {
  const { deployed, versions } = row
  if (versions.length === 0) return null
  const at = deployed === null ? 0 : epochMsOfRFC3339(deployed.at)
  const when = deployed === null ? 'all the time' : formatAgo(at, now)
  return (
    <>
      <span className={css.versionName}>{deployed?.version ?? versions[0].name}</span>
      <span className={css.sub} title={deployed === null ? undefined : formatMoment(at, now)}>
        {versions.length > 1 ? `${when}, ${plural(versions.length, 'version')}` : when}
      </span>
    </>
  )
}
