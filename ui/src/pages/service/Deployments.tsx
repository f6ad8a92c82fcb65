import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleHelp, Equal, TriangleAlert } from 'lucide-react'
import type { Deployment, Service } from '../../api/types'
import { useShared } from '../../nav'
import { type Tone, TONE_LABEL, verdictOf } from '../../pure/deploys'
import { formatAgo, formatClock, formatDuration, formatPercent, formatRate } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { failedShare } from '../../pure/red'
import { epochMsOfRFC3339 } from '../../pure/units'
import { useNow } from '../../widgets/useNow'
import { Versions } from './Versions'
import css from './Deployments.module.css'
import table from './Table.module.css'

const ICONS = { worse: TriangleAlert, better: CircleCheck, same: Equal, unsure: CircleHelp }

/** What each deployment changed, newest first, and all versions side by side. */
export function Deployments({ service }: { service: Service }) {
  return (
    <>
      {service.deployments.length > 0 && (
        <>
          <p className={css.none}>What a version did while it ran; below in grey, what the others did right before, for as long.</p>
          <List service={service} />
        </>
      )}
      {service.versions.length > 0 && service.deployments.length === 0 && <p className={css.none}>No version came or went in this time range.</p>}
      <section className={table.section}>
        <h2>Versions</h2>
        <Versions service={service} />
      </section>
    </>
  )
}

function List({ service }: { service: Service }) {
  const now = useNow(10_000)
  return (
    <div role="table" aria-label="Deployments" className={table.table}>
      <div role="rowgroup">
        <div role="row" className={css.head}>
          {['Version', 'Verdict', 'Requests', 'Failed', 'p50', 'p95', 'p99'].map((h, i) => (
            <div key={h} role="columnheader" className={table.plainHead} data-right={i > 1 || undefined}>
              {h}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {service.deployments.map((d) => (
          <Row key={`${d.version} ${d.at}`} service={service.name} deployment={d} now={now} />
        ))}
      </div>
    </div>
  )
}

function Row({ service, deployment: d, now }: { service: string; deployment: Deployment; now: number }) {
  const shared = useShared()
  const verdict = verdictOf(d)
  const at = epochMsOfRFC3339(d.at)
  const until = d.until === null ? null : epochMsOfRFC3339(d.until)
  const clock = (ms: number) => formatClock(ms, false).slice(0, 5)
  const pair = (was: string, is: string, bad = false) => (
    <div role="cell" className={css.pair} data-bad={bad || undefined}>
      <span>{is}</span>
      <small>
        <span className="visually-hidden">before: </span>
        {was}
      </small>
    </div>
  )
  return (
    <div role="row" className={css.row} data-tone={verdict.tone}>
      <div role="cell" className={table.name}>
        <Link
          to="/traces"
          search={{ ...shared, from: String(at), to: String(until ?? Math.ceil(now)), q: `service = ${quoteValue(service)} and version = ${quoteValue(d.version)}` }}
          className={table.link}
        >
          {d.version}
        </Link>
        <span className={table.sub}>
          {until === null ? `since ${clock(at)}, ${formatAgo(at, now)}` : `${clock(at)} to ${clock(until)}`}
          {d.previous !== '' && `, after ${d.previous}`}
        </span>
      </div>
      <div role="cell" className={css.verdict}>
        <Mark tone={verdict.tone} />
        <span className={table.sub}>{verdict.changes.join(', ')}</span>
      </div>
      {pair(formatRate(d.before.rate), formatRate(d.after.rate))}
      {pair(formatPercent(failedShare(d.before)), formatPercent(failedShare(d.after)), verdict.tone === 'worse' && failedShare(d.after) > failedShare(d.before))}
      {pair(formatDuration(d.before.p50_ns), formatDuration(d.after.p50_ns))}
      {pair(formatDuration(d.before.p95_ns), formatDuration(d.after.p95_ns))}
      {pair(formatDuration(d.before.p99_ns), formatDuration(d.after.p99_ns))}
    </div>
  )
}

function Mark({ tone }: { tone: Tone }) {
  const Icon = ICONS[tone]
  return (
    <span className={css.mark} data-tone={tone}>
      <Icon size={14} aria-hidden="true" />
      {TONE_LABEL[tone]}
    </span>
  )
}
