import { Link } from '@tanstack/react-router'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Storage } from '../../api/storage'
import type { Status } from '../../api/types'
import { formatAgo, formatBytes, formatCount, formatShort } from '../../pure/format'
import { protocolLabel, serviceRows, signalLabel } from '../../pure/status'
import { epochMsOfRFC3339 } from '../../pure/units'
import { ErrorState, Skeleton } from '../../widgets/States'
import { Part } from './Part'
import page from './StatusPage.module.css'
import css from './Table.module.css'

/** By which ways it came. */
export function Protocols({ status, now }: { status: Status; now: number }) {
  return (
    <Part title="By protocol" note="Since the start.">
      {status.arrivals.length === 0 ? (
        <p className={page.none}>
          Nothing has come since the start. <Link to="/start">How to send here</Link>
        </p>
      ) : (
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Protocol</th>
              <th scope="col">Items</th>
              <th scope="col" data-minor>
                Requests
              </th>
              <th scope="col">Bytes</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {status.arrivals.map((a) => (
              <tr key={`${a.signal} ${a.protocol}`}>
                <th scope="row" title={`${protocolLabel(a.protocol)}, ${signalLabel(a.signal).toLowerCase()}`}>
                  {protocolLabel(a.protocol)} <span className={page.quiet}>{signalLabel(a.signal).toLowerCase()}</span>
                </th>
                <td title={formatCount(a.items)}>{formatShort(a.items)}</td>
                <td data-minor>{formatShort(a.requests)}</td>
                <td>{formatBytes(a.bytes)}</td>
                <td>{formatAgo(epochMsOfRFC3339(a.last), now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

const SERVICES = 10

/** Who sent it. */
export function Senders({ storage }: { storage: UseQueryResult<Storage> }) {
  return (
    <Part title="By service" note="Items of the last hour, as they are stored.">
      <Services storage={storage} />
    </Part>
  )
}

function Services({ storage }: { storage: UseQueryResult<Storage> }) {
  if (storage.isPending) return <Skeleton height={20} rows={5} />
  if (storage.data === undefined) return storage.error === null ? null : <ErrorState error={storage.error} retry={() => void storage.refetch()} />
  const { rows, more, top } = serviceRows(storage.data, SERVICES)
  if (rows.length === 0) return <p className={page.none}>Nothing that is stored is of the last hour.</p>
  const signals = ['traces', 'logs', 'metrics'].filter((s) => s === 'traces' || rows.some((r) => (r.items[s] ?? 0) > 0))
  return (
    <>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            {signals.map((s) => (
              <th key={s} scope="col">
                {UNITS[s]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.service}>
              <th scope="row" title={r.service}>
                <Link to="/services/$name" params={{ name: r.service }}>
                  {r.service === '' ? 'without a name' : r.service}
                </Link>
                <span className={css.bar} style={{ width: `${(100 * r.total) / Math.max(1, top)}%` }} aria-hidden="true" />
              </th>
              {signals.map((s) => (
                <td key={s} title={formatCount(r.items[s] ?? 0)}>
                  {formatShort(r.items[s] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className={css.more}>and {formatCount(more)} more</p>}
    </>
  )
}

const UNITS: Record<string, string> = { traces: 'Spans', logs: 'Log records', metrics: 'Data points' }
