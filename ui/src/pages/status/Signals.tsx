import type { Status } from '../../api/types'
import { formatCount, formatRate } from '../../pure/format'
import { changesOf, type Sample, signalRows } from '../../pure/status'
import { Part } from './Part'
import css from './Table.module.css'

/** The accounts, signal by signal. */
export function Signals({ status, samples }: { status: Status; samples: readonly Sample[] }) {
  const rows = signalRows(status, samples)
  return (
    <Part title="By signal" note="Counted in spans, log records and data points, over restarts. Received is the sum of what stands right of it, undecodable requests aside.">
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Signal</th>
            <th scope="col">Now</th>
            <th scope="col">Received</th>
            <th scope="col">Stored</th>
            <th scope="col">Rejected</th>
            <th scope="col" data-minor title="By processors of the collector section, with what one that holds data holds now">
              Dropped
            </th>
            <th scope="col" data-minor>
              Sent twice
            </th>
            <th scope="col" data-minor>
              In the journal
            </th>
            <th scope="col" data-minor>
              Dead letters
            </th>
            <th scope="col" data-minor title="Requests that nobody can read; what they carried can't be counted">
              Undecodable
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.signal} data-none={r.ingest.received === 0 || undefined}>
              <th scope="row">{r.label}</th>
              <td>{r.rate === null ? '–' : formatRate(r.rate)}</td>
              <td>{formatCount(r.ingest.received)}</td>
              <td>{formatCount(r.ingest.stored)}</td>
              <td data-tone={r.rejected > 0 ? 'bad' : undefined}>{formatCount(r.rejected)}</td>
              <td data-minor>{formatCount(r.dropped)}</td>
              <td data-minor>{formatCount(r.ingest.deduplicated)}</td>
              <td data-minor>{formatCount(r.ingest.in_journal)}</td>
              <td data-minor data-tone={r.ingest.dead_letter > 0 ? 'bad' : undefined}>
                {formatCount(r.ingest.dead_letter)}
              </td>
              <td data-minor data-tone={r.ingest.undecodable > 0 ? 'bad' : undefined}>
                {formatCount(r.ingest.undecodable)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {changesOf(status).map((text) => (
        <p key={text} className={css.more}>
          {text}
        </p>
      ))}
    </Part>
  )
}
