import { getRouteApi, Link } from '@tanstack/react-router'
import { CircleCheck, LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import { useStatus, useTraces } from '../../api/hooks'
import type { Status } from '../../api/types'
import { useShared } from '../../nav'
import { formatDuration, plural } from '../../pure/format'
import { hintOf } from '../../pure/hint'
import { LANGUAGES, snippetOf, type Language, withScheme } from '../../pure/snippets'
import { Button } from '../../widgets/Button'
import { Code } from '../../widgets/Code'
import { Segmented } from '../../widgets/Segmented'
import { ErrorState, Skeleton } from '../../widgets/States'
import css from './StartPage.module.css'

const route = getRouteApi('/start')
/** How often it is asked whether the first span has come. */
const POLL_MS = 1000

/** The way to the first trace: one span with curl, then the reader's own service, and a check that sees it arrive. */
export function StartPage() {
  const navigate = route.useNavigate()
  const [arrived, setArrived] = useState(false)
  const status = useStatus(arrived ? false : POLL_MS)
  const [language, setLanguage] = useState<Language>('curl')
  if (status.data?.has_data === true && !arrived) setArrived(true)
  if (status.isPending) return <div className={css.page}><Skeleton height={24} rows={5} /></div>
  if (status.data === undefined) return status.error === null ? null : <ErrorState page error={status.error} retry={() => void status.refetch()} />
  const { endpoints } = status.data
  return (
    <div className={css.page}>
      <h1>Send your first trace</h1>
      <p className={css.lead}>
        Sightline takes OpenTelemetry. Anything that speaks OTLP can send here; nothing else has to be installed.
      </p>
      <Waiting status={status.data} />
      <section className={css.section}>
        <h2>Where to send</h2>
        <dl className={css.endpoints}>
          <Endpoint name="OTLP over HTTP" address={endpoints.otlp_http === '' ? '' : withScheme(endpoints.otlp_http)} />
          <Endpoint name="OTLP over gRPC" address={endpoints.otlp_grpc} />
        </dl>
        {status.data.auth.required && <p className={css.note}>This instance asks for an ingest key: make one with `sightline key` and send it as the header `Authorization: Bearer …`.</p>}
      </section>
      <section className={css.section}>
        <h2>With what</h2>
        <div className={css.languages}>
          <Segmented label="With what" value={language} options={LANGUAGES} onChange={setLanguage} />
        </div>
        <Steps language={language} endpoints={endpoints} />
      </section>
      <section className={css.section}>
        <h2>No service at hand?</h2>
        <p className={css.note}>The program itself can send a span:</p>
        <Code text="sightline send" />
      </section>
      <p className={css.note}>
        Nothing arrives? <Link to="/settings">Status</Link> counts what was received and what was refused, and why. <Button look="quiet" size="sm" onClick={() => void navigate({ to: '/map' })}>Go to the map</Button>
      </p>
    </div>
  )
}

function Steps({ language, endpoints }: { language: Language; endpoints: Status['endpoints'] }) {
  return (
    <ol className={css.steps}>
      {snippetOf(language, endpoints).map((step) => (
        <li key={step.title}>
          <p>{step.title}</p>
          <Code text={step.code} />
        </li>
      ))}
    </ol>
  )
}

function Endpoint({ name, address }: { name: string; address: string }) {
  return (
    <div className={css.endpoint}>
      <dt>{name}</dt>
      <dd>{address === '' ? <span className={css.off}>not listening</span> : <Code text={address} inline />}</dd>
    </div>
  )
}

/** Waits for the first span and then links to its trace. */
function Waiting({ status }: { status: Status }) {
  const shared = useShared()
  const traces = useTraces('', { range: { from: 'now-15m', to: 'now' }, live: status.has_data })
  const first = traces.data?.pages[0]?.traces[0]
  if (!status.has_data) {
    const refused = Object.values(status.ingest).reduce((sum, s) => sum + s.undecodable + Object.values(s.rejected).reduce((a, b) => a + b, 0), 0)
    return (
      <div className={css.waiting} role="status">
        <LoaderCircle size={18} className={css.turning} />
        <div>
          <p className={css.state}>Waiting for the first span</p>
          <p className={css.sub}>
            {refused > 0 ? <>{plural(refused, 'item was', 'items were')} refused. <Link to="/settings">See why</Link></> : 'It is shown here within two seconds of its arrival.'}
          </p>
        </div>
      </div>
    )
  }
  return (
    <div className={css.waiting} data-done role="status">
      <CircleCheck size={18} />
      <div>
        <p className={css.state}>{first === undefined ? 'Spans are arriving' : `${first.root?.service ?? first.matched.service}: ${first.root?.name ?? first.matched.name}`}</p>
        <p className={css.sub}>{first === undefined ? 'The newest trace is a moment away.' : `${plural(first.spans, 'span')}, ${formatDuration(first.duration_ns)}, arrived just now`}</p>
      </div>
      {first !== undefined && (
        <Link to="/trace/$traceId" params={{ traceId: first.trace_id }} search={{ ...shared, ...hintOf(first) }} className={css.open}>
          Open the trace
        </Link>
      )}
    </div>
  )
}
