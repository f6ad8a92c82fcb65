import { Link } from '@tanstack/react-router'
import { CircleAlert, CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useStatus } from '../../api/hooks'
import { useStorage } from '../../api/storage'
import { formatAgo, formatMoment } from '../../pure/format'
import { addSample, type Finding, findingsOf, type Sample } from '../../pure/status'
import { epochMsOfRFC3339 } from '../../pure/units'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import { DiskUse } from './DiskUse'
import { Flow } from './Flow'
import { Machine } from './Machine'
import { Protocols, Senders } from './Origins'
import { NotStored } from './NotStored'
import { Signals } from './Signals'
import css from './StatusPage.module.css'

const EVERY_MS = 5000
/** The second look comes early: rates need two. */
const SOON_MS = 1500

/** Is everything that is sent stored? First in a sentence, then in figures. */
export function StatusPage() {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const status = useStatus(samples.length < 2 ? SOON_MS : EVERY_MS)
  const storage = useStorage()
  if (status.data !== undefined) {
    const next = addSample(samples, status.data)
    if (next !== samples) setSamples(next)
  }
  if (status.isPending) return <div className={css.page}><Skeleton height={20} rows={12} /></div>
  if (status.data === undefined) return status.error === null ? null : <ErrorState page error={status.error} retry={() => void status.refetch()} />
  const s = status.data
  const now = epochMsOfRFC3339(s.now)
  const [first, ...others] = findingsOf(s, storage.data)
  const started = epochMsOfRFC3339(s.started)
  return (
    <div className={css.page}>
      {first !== undefined && <Verdict finding={first} />}
      {status.error !== null && <Notice tone="warn">These figures are old; the server did not answer: {status.error.message}</Notice>}
      {others.length > 0 && (
        <ul className={css.others} aria-label="Also">
          {others.map((f) => (
            <li key={f.title + f.next} data-tone={f.tone}>
              <b>{f.title}.</b> {f.next}
            </li>
          ))}
        </ul>
      )}
      <Flow status={s} samples={samples} />
      <Signals status={s} samples={samples} />
      <NotStored status={s} storage={storage.data} now={now} />
      <div className={css.columns}>
        <Protocols status={s} now={now} />
        <Senders storage={storage} />
      </div>
      <DiskUse storage={storage} />
      <Machine status={s} now={now} />
      <p className={css.foot}>
        Sightline {s.version}, up since {formatMoment(started, now)} ({formatAgo(started, now)}). The same for Prometheus: <code>{s.endpoints.http}/metrics</code>
      </p>
    </div>
  )
}

const ICONS = { ok: CircleCheck, warn: TriangleAlert, bad: CircleAlert, quiet: CircleDashed }

function Verdict({ finding: f }: { finding: Finding }) {
  const Icon = ICONS[f.tone]
  return (
    <header className={css.verdict} data-tone={f.tone} role="status">
      <Icon size={26} aria-hidden="true" />
      <div>
        <h1>{f.title}</h1>
        <p>{f.tone === 'quiet' ? <Link to="/start">{f.next}</Link> : f.next}</p>
      </div>
    </header>
  )
}
