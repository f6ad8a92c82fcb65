import { Link } from '@tanstack/react-router'
import { CircleCheck, LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import { useNewestTrace } from '../../api/newest'
import type { TraceSummary } from '../../api/types'
import { useShared } from '../../nav'
import { formatAgo, formatDuration, plural } from '../../pure/format'
import { hintOf } from '../../pure/hint'
import { quoteValue } from '../../pure/query'
import { epochMsOfRFC3339 } from '../../pure/units'
import { useNow } from '../../widgets/useNow'
import css from './StartPage.module.css'

/** Often enough that a trace is here within two seconds of its arrival, storing included. */
const POLL_MS = 600
const WINDOW = { from: 'now-15m', to: 'now' }

/**
 * Waits for a trace: of the service, or of anybody where nothing was ever received, because then the first span of whatever
 * name is the news. It goes on asking, so that a second try is seen, too.
 */
export function Arrival({ service, fresh, curl }: { service: string; fresh: boolean; curl: boolean }) {
  const [anybody] = useState(fresh)
  const newest = useNewestTrace(anybody ? '' : `service = ${quoteValue(service)}`, WINDOW, POLL_MS)
  const trace = newest.data ?? null
  return (
    <div className={css.waiting} data-done={trace !== null || undefined} role="status">
      {trace === null ? <LoaderCircle size={18} className={css.turning} aria-hidden="true" /> : <CircleCheck size={18} aria-hidden="true" />}
      {trace === null ? (
        <div>
          <p className={css.state}>{anybody ? 'Waiting for the first span' : `Waiting for a span of ${service}`}</p>
          <p className={css.sub}>
            {newest.error !== null ? `The server does not answer: ${newest.error.message}` : curl ? 'It is shown here within two seconds of its arrival.' : 'SDKs send in batches: allow it some five seconds, and call your service once.'}
          </p>
        </div>
      ) : (
        <Here trace={trace} />
      )}
    </div>
  )
}

function Here({ trace }: { trace: TraceSummary }) {
  const shared = useShared()
  const now = useNow(1000)
  return (
    <>
      <div>
        <p className={css.state}>{`${trace.root?.service ?? trace.matched.service}: ${trace.root?.name ?? trace.matched.name}`}</p>
        <p className={css.sub}>{`${plural(trace.spans, 'span')}, ${formatDuration(trace.duration_ns)}, began ${formatAgo(epochMsOfRFC3339(trace.start), now)}`}</p>
      </div>
      <Link to="/trace/$traceId" params={{ traceId: trace.trace_id }} search={{ ...shared, ...hintOf(trace) }} className={css.open}>
        Open the trace
      </Link>
    </>
  )
}
