import { Link } from '@tanstack/react-router'
import type { Service } from '../../api/types'
import { useShared } from '../../nav'
import { formatAgo, formatDuration, formatMoment, formatPercent, formatRate } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { failedShare } from '../../pure/red'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Empty } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import css from './Table.module.css'

/** The versions that were running, newest first, side by side. */
export function Versions({ service }: { service: Service }) {
  const shared = useShared()
  const now = useNow()
  if (service.versions.length === 0) {
    return (
      <Empty title="No version is known">
        Set the resource attribute <code>service.version</code> in the SDK, and releases can be compared here.
      </Empty>
    )
  }
  const right = (label: string) => (
    <div role="columnheader" className={css.plainHead} data-right>
      {label}
    </div>
  )
  return (
    <div role="table" aria-label="Versions" className={css.table}>
      <div role="rowgroup">
        <div role="row" className={css.head} data-columns="versions">
          <div role="columnheader" className={css.plainHead}>
            Version
          </div>
          {right('First seen')}
          {right('Last seen')}
          {right('Requests')}
          {right('Failed')}
          {right('p50')}
          {right('p95')}
        </div>
      </div>
      <div role="rowgroup">
        {service.versions.map((v) => {
          const failed = failedShare(v.stats)
          const first = epochMsOfRFC3339(v.first_seen)
          const last = epochMsOfRFC3339(v.last_seen)
          return (
            <div key={v.name} role="row" className={css.row} data-columns="versions">
              <div role="cell" className={css.name}>
                <Link to="/traces" search={{ ...shared, q: `service = ${quoteValue(service.name)} and version = ${quoteValue(v.name)}` }} className={css.link}>
                  {v.name}
                </Link>
              </div>
              <div role="cell" className={css.number} data-quiet title={formatMoment(first, now)}>
                {formatAgo(first, now)}
              </div>
              <div role="cell" className={css.number} data-quiet title={formatMoment(last, now)}>
                {formatAgo(last, now)}
              </div>
              <div role="cell" className={css.number}>
                {formatRate(v.stats.rate)}
              </div>
              <div role="cell" className={css.number} data-bad={failed >= 0.01 || undefined}>
                {formatPercent(failed)}
              </div>
              <div role="cell" className={css.number} data-quiet>
                {formatDuration(v.stats.p50_ns)}
              </div>
              <div role="cell" className={css.number}>
                {formatDuration(v.stats.p95_ns)}
              </div>
            </div>
          )
        })}
      </div>
    </div>
  )
}
