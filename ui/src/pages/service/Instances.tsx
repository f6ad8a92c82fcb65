import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Scope } from '../../api/hooks'
import { useInstances } from '../../api/spans'
import type { Instance } from '../../api/types'
import { useShared } from '../../nav'
import { formatAgo, formatCount, formatDuration, formatMoment, formatPercent, plural } from '../../pure/format'
import { type InstanceKey, isOdd, medianShare, sortInstances } from '../../pure/instances'
import { quoteValue } from '../../pure/query'
import { epochMsOfRFC3339 } from '../../pure/units'
import { SortHeader } from '../../widgets/SortHeader'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import css from './Table.module.css'

/** The processes that the service ran in; one that fails unlike the others stands out. */
export function Instances({ service, scope }: { service: string; scope: Scope }) {
  const instances = useInstances(service, scope)
  const [sort, setSort] = useState<InstanceKey>('requests')
  const now = useNow(10_000)
  if (instances.data === undefined) {
    return instances.error === null ? <Skeleton height={32} rows={5} /> : <ErrorState error={instances.error} retry={() => void instances.refetch()} />
  }
  const { instances: all, complete } = instances.data
  if (all.length === 0) {
    return (
      <Empty title="No instance is known">
        Set the resource attribute <code>service.instance.id</code>, <code>k8s.pod.name</code> or <code>host.name</code> in the SDK, and each process is listed here.
      </Empty>
    )
  }
  const usual = medianShare(all)
  const head = (key: InstanceKey, label: string, right = true) => (
    <SortHeader dir={sort === key ? (key === 'id' ? 'asc' : 'desc') : null} right={right} onSort={() => setSort(key)}>
      {label}
    </SortHeader>
  )
  return (
    <Stale stale={instances.isPlaceholderData}>
      {!complete && <Notice>Only the newest spans were looked at, so that older instances may be missing.</Notice>}
      <div role="table" aria-label={`Instances, ${plural(all.length, 'process', 'processes')}`} className={css.table}>
        <div role="rowgroup">
          <div role="row" className={css.head} data-columns="instances">
            {head('id', 'Instance', false)}
            <div role="columnheader" className={css.plainHead}>
              Version
            </div>
            {head('requests', 'Requests')}
            {head('bad', 'Failed')}
            {head('p95', 'p95')}
            <div role="columnheader" className={css.plainHead} data-right>
              Seen first
            </div>
            {head('last', 'Seen last')}
          </div>
        </div>
        <div role="rowgroup">
          {sortInstances(all, sort).map((i) => (
            <Row key={i.id + i.version} service={service} instance={i} usual={usual} now={now} />
          ))}
        </div>
      </div>
    </Stale>
  )
}

function Row({ service, instance: i, usual, now }: { service: string; instance: Instance; usual: number; now: number }) {
  const shared = useShared()
  const failed = i.requests > 0 ? i.bad / i.requests : 0
  const odd = isOdd(i, usual)
  const [first, last] = [epochMsOfRFC3339(i.first_seen), epochMsOfRFC3339(i.last_seen)]
  return (
    <div role="row" className={css.row} data-columns="instances">
      <div role="cell" className={css.name}>
        <Link to="/traces" search={{ ...shared, q: `service = ${quoteValue(service)} and resource.service.instance.id = ${quoteValue(i.id)}` }} className={css.link} title={i.id}>
          {i.id}
        </Link>
        <span className={css.sub}>{[i.host === i.id ? '' : i.host, odd ? 'fails more than the others' : ''].filter((t) => t !== '').join(' · ')}</span>
      </div>
      <div role="cell" className={css.sub}>
        {i.version}
      </div>
      <div role="cell" className={css.number}>
        {formatCount(i.requests)}
      </div>
      <div role="cell" className={css.number} data-bad={odd || failed >= 0.01 || undefined}>
        {formatPercent(failed)}
      </div>
      <div role="cell" className={css.number}>
        {formatDuration(i.p95_ns)}
      </div>
      <div role="cell" className={css.number} data-quiet title={formatMoment(first, now)}>
        {formatAgo(first, now)}
      </div>
      <div role="cell" className={css.number} data-quiet title={formatMoment(last, now)}>
        {formatAgo(last, now)}
      </div>
    </div>
  )
}
