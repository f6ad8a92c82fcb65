import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useLogout, useStatus } from '../../api/hooks'
import type { Ingest, Status } from '../../api/types'
import { formatAgo, formatBytes, formatCount, formatDuration, formatMoment, plural } from '../../pure/format'
import { balanceOf, healthOf } from '../../pure/health'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { AppearanceForm } from '../../widgets/AppearanceForm'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import css from './SettingsPage.module.css'

const EVERY_MS = 2000

/** How this instance fares: what came in, where it is, and what runs. */
export function SettingsPage() {
  const status = useStatus(EVERY_MS)
  if (status.isPending) return <div className={css.page}><Skeleton height={20} rows={10} /></div>
  if (status.data === undefined) return status.error === null ? null : <ErrorState page error={status.error} retry={() => void status.refetch()} />
  const s = status.data
  const now = epochMsOfRFC3339(s.now)
  return (
    <div className={css.page}>
      <header className={css.header}>
        <h1>{HEALTH[healthOf(s)]}</h1>
        <p className={css.sub}>
          Sightline {s.version}, up since {formatMoment(epochMsOfRFC3339(s.started), now)} ({formatAgo(epochMsOfRFC3339(s.started), now)})
        </p>
      </header>
      {status.error !== null && <Notice tone="warn">These figures are old; the server did not answer: {status.error.message}</Notice>}
      {s.warnings.length > 0 && (
        <div className={css.notices}>
          {s.warnings.map((w) => (
            <Notice key={w} tone="warn">
              {w}
            </Notice>
          ))}
        </div>
      )}
      {Object.entries(s.ingest).map(([signal, ingest]) => (
        <Accounting key={signal} signal={signal} ingest={ingest} />
      ))}
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
          title="Storage"
          note="ClickHouse's own engine."
          facts={
            <>
              <Fact name="State" value={<State state={s.engine.state} />} />
              <Fact name="Version" value={s.engine.version} />
              <Fact name="Restarts" value={formatCount(s.engine.restarts)} />
              <Fact name="Spans" value={formatCount(s.storage.spans_rows)} />
              <Fact name="On disk" value={s.storage.spans_rows > 0 ? `${formatBytes(s.storage.bytes)}, ${formatBytes(s.storage.bytes / s.storage.spans_rows)} a span` : formatBytes(s.storage.bytes)} />
              <Fact name="Kept for" value={plural(s.retention.traces_days, 'day')} />
            </>
          }
        >
          {s.engine.error !== '' && <Notice tone="warn">{s.engine.error}</Notice>}
        </Section>
        <Section
          title="Addresses"
          note="Set in the config file or by environment variables."
          facts={
            <>
              <Fact name="Page and API" value={<code>{s.endpoints.http}</code>} />
              <Fact name="OTLP over HTTP" value={s.endpoints.otlp_http === '' ? 'not listening' : <code>{s.endpoints.otlp_http}</code>} />
              <Fact name="OTLP over gRPC" value={s.endpoints.otlp_grpc === '' ? 'not listening' : <code>{s.endpoints.otlp_grpc}</code>} />
            </>
          }
        >
          <p className={css.more}>
            <Link to="/start">How to send here</Link>
          </p>
        </Section>
        <Section title="Appearance" note="Kept in this browser.">
          <div className={css.more}>
            <AppearanceForm />
          </div>
          {s.auth.user !== '' && <SignedIn user={s.auth.user} />}
        </Section>
      </div>
    </div>
  )
}

const HEALTH = { ok: 'All is well', warn: 'Something wants attention', bad: 'Something is wrong' }

function Section({ title, note, facts, children }: { title: string; note: string; facts?: ReactNode; children?: ReactNode }) {
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      <p className={css.note}>{note}</p>
      {facts !== undefined && <dl className={css.facts}>{facts}</dl>}
      {children}
    </section>
  )
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
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

const REASONS: Record<string, string> = {
  invalid_trace_id: 'trace id is not 16 bytes, or zero',
  invalid_span_id: 'span id is not 8 bytes, or zero',
  malformed: 'could not be read as a span',
  too_large: 'larger than a span may be',
  ts_future: 'starts in the future',
  ts_past: 'starts before what is kept',
}

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
        {ingest.undecodable > 0 && ` ${plural(ingest.undecodable, 'request')} could not be decoded at all.`}
      </p>
      {balance.rejected > 0 && (
        <ul className={css.reasons}>
          {Object.entries(ingest.rejected).map(([reason, n]) => (
            <li key={reason}>
              <span>{formatCount(n)}</span> {REASONS[reason] ?? reason} <code>{reason}</code>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function SignedIn({ user }: { user: Status['auth']['user'] }) {
  const logout = useLogout()
  return (
    <p className={css.fact}>
      Signed in as {user}
      <Button size="sm" onClick={() => logout.mutate()} disabled={logout.isPending}>
        Sign out
      </Button>
    </p>
  )
}
