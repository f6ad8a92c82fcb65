import { Link } from '@tanstack/react-router'
import type { Ingest, Status } from '../../api/types'
import { formatBytes, formatCount, formatDuration, plural } from '../../pure/format'
import { balanceOf } from '../../pure/health'
import { type Refusal, refusalsOf } from '../../pure/refusals'
import { Notice } from '../../widgets/States'
import { Fact, Section } from './Section'
import css from './SettingsPage.module.css'

/** What came in, where it is, and what was refused. */
export function StatusTab({ status: s }: { status: Status }) {
  const refusals = refusalsOf(s)
  return (
    <>
      {Object.entries(s.ingest).map(([signal, ingest]) => (
        <Accounting key={signal} signal={signal} ingest={ingest} />
      ))}
      {refusals.length > 0 && <Refusals refusals={refusals} />}
      <div className={css.columns}>
        <Section
          title="Journal"
          note="Between received and stored; a sender gets its answer once this is on disk."
          facts={
            <>
              <Fact name="Oldest waiting" value={s.lag_ms > 0 ? formatDuration(s.lag_ms * 1e6) : 'nothing waits'} />
              <Fact name="Segments" value={formatCount(s.journal.segments)} />
              <Fact name="Size" value={`${formatBytes(s.journal.bytes)} of ${formatBytes(s.journal.max_bytes)}`} />
            </>
          }
        >
          <Meter share={s.journal.max_bytes > 0 ? s.journal.bytes / s.journal.max_bytes : 0} label="Journal filled" />
        </Section>
        <Section
          title="Storage and retention"
          note={s.engine.version === 'server' ? 'On a ClickHouse server.' : "ClickHouse's own engine, inside."}
          facts={
            <>
              <Fact name="State" value={<State state={s.engine.state} />} />
              <Fact name="Restarts" value={formatCount(s.engine.restarts)} />
              <Fact name="Spans" value={formatCount(s.storage.spans_rows)} />
              <Fact name="On disk" value={s.storage.spans_rows > 0 ? `${formatBytes(s.storage.bytes)}, ${formatBytes(s.storage.bytes / s.storage.spans_rows)} a span` : formatBytes(s.storage.bytes)} />
              <Fact name="Traces are kept for" value={plural(s.retention.traces_days, 'day')} />
            </>
          }
        >
          {s.engine.error !== '' && <Notice tone="warn">{s.engine.error}</Notice>}
          <p className={css.note}>
            <Link to="/settings" search={{ tab: 'retention' }}>
              Change how long data is kept
            </Link>
          </p>
        </Section>
      </div>
    </>
  )
}

function Meter({ share, label }: { share: number; label: string }) {
  return (
    <div className={css.meter} role="meter" aria-label={label} aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}>
      <span style={{ width: `${Math.min(100, share * 100)}%` }} data-tone={share > 0.9 ? 'bad' : share > 0.5 ? 'warn' : undefined} />
    </div>
  )
}

function State({ state }: { state: string }) {
  return (
    <span className={css.state} data-state={state}>
      {state}
    </span>
  )
}

const SIGNALS: Record<string, string> = { traces: 'Spans', metrics: 'Data points', logs: 'Log records' }

/** Every span received is in exactly one place; the line below says so, or that it is not. */
function Accounting({ signal, ingest }: { signal: string; ingest: Ingest }) {
  const balance = balanceOf(ingest)
  const part = (name: string, value: number, tone?: 'bad') => (
    <div className={css.part} data-tone={value > 0 ? tone : undefined}>
      <dt>{name}</dt>
      <dd>{formatCount(value)}</dd>
    </div>
  )
  return (
    <section className={css.accounting}>
      <h2>{SIGNALS[signal] ?? signal}</h2>
      <dl className={css.parts}>
        {part('Received', ingest.received)}
        {part('Stored', ingest.stored)}
        {part('In the journal', ingest.in_journal)}
        {part('Duplicates', ingest.deduplicated)}
        {part('Refused', balance.rejected, 'bad')}
        {part('Dead letters', ingest.dead_letter, 'bad')}
      </dl>
      <p className={css.note}>
        {balance.missing === 0 ? 'Every one of them is accounted for.' : `${formatCount(Math.abs(balance.missing))} ${balance.missing > 0 ? 'are on their way between two counters' : 'were counted twice for a moment'}.`}
      </p>
    </section>
  )
}

function Refusals({ refusals }: { refusals: readonly Refusal[] }) {
  return (
    <section className={css.section}>
      <h2>What was refused</h2>
      <p className={css.note}>Whole requests since Sightline started, and spans of requests that were taken otherwise.</p>
      <ul className={css.reasons}>
        {refusals.map((r) => (
          <li key={`${r.unit} ${r.reason}`}>
            <b>{plural(r.count, r.unit)}</b>
            <span>
              {r.what} <code>{r.reason}</code>
              {r.todo !== '' && <span className={css.todo}>{r.todo}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
