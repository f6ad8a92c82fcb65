import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useKeys } from '../../api/keys'
import { useStatus } from '../../api/hooks'
import type { Status } from '../../api/types'
import { noSpans } from '../../pure/health'
import { refusalsOf } from '../../pure/refusals'
import type { Sender } from '../../pure/senders'
import { KEY_PLACEHOLDER, SENDER_GROUPS, serviceName, targetOf, wayOf } from '../../pure/snippets'
import { Code } from '../../widgets/Code'
import { Input } from '../../widgets/Input'
import { ErrorState, Skeleton } from '../../widgets/States'
import { Arrival } from './Arrival'
import { KeyStep } from './KeyStep'
import { Picker } from './Picker'
import { Refused } from './Refused'
import css from './StartPage.module.css'

const route = getRouteApi('/start')
/** How often the counters are asked; the arrival itself is asked for more often. */
const POLL_MS = 1000
const DEFAULT_SENDER: Sender = 'curl'

/** The way to the first trace: how to send, what to type, and a check that sees it arrive. */
export function StartPage() {
  const status = useStatus(POLL_MS)
  if (status.isPending) return <div className={css.page}><Skeleton height={24} rows={5} /></div>
  if (status.data === undefined) return status.error === null ? null : <ErrorState page error={status.error} retry={() => void status.refetch()} />
  return <Start status={status.data} />
}

function Start({ status }: { status: Status }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const keys = useKeys()
  const [key, setKey] = useState<string | null>(null)
  const [before] = useState(() => refusalsOf(status))
  const sender = search.with ?? DEFAULT_SENDER
  const service = serviceName(search.service ?? '')
  const required = keys.data?.required === true
  const target = targetOf(status.endpoints, location.hostname, service, required ? (key ?? KEY_PLACEHOLDER) : null)
  const way = wayOf(sender, target)
  const set = (patch: { with?: Sender; service?: string }) => void navigate({ search: (s) => ({ ...s, ...patch }), replace: true })
  return (
    <div className={css.page}>
      <h1>{!noSpans(status) ? 'Send traces here' : 'Send your first trace'}</h1>
      <p className={css.lead}>Sightline takes OpenTelemetry. Anything that speaks OTLP can send here; nothing else has to be installed.</p>
      <div className={css.check}>
        <Arrival key={service} service={service} fresh={noSpans(status)} curl={sender === 'curl'} />
        <Refused before={before} status={status} />
      </div>
      <section className={css.section}>
        <h2>What sends</h2>
        <Picker label="What sends" value={sender} groups={SENDER_GROUPS} onChange={(value) => set({ with: value })} />
        <label className={css.service}>
          <span>It calls itself</span>
          <Input label="Name of the service" value={search.service ?? ''} placeholder="my-service" maxLength={64} onChange={(e) => set({ service: e.target.value === '' ? undefined : e.target.value })} />
        </label>
      </section>
      <section className={css.section}>
        <h2>What to type</h2>
        {way.note !== undefined && <p className={css.note}>{way.note}</p>}
        {required && <KeyStep value={key} onKey={setKey} />}
        <ol className={css.steps}>
          {way.steps.map((step) => (
            <li key={step.title}>
              <p>{step.title}</p>
              <Code text={step.code} />
            </li>
          ))}
        </ol>
      </section>
      <section className={css.section}>
        <h2>No service at hand?</h2>
        <p className={css.note}>The program itself can send a span:</p>
        <Code text={`sightline send --endpoint ${target.http} --service ${service}`} />
        <p className={css.after}>
          What was received and what was refused since the start is on the <Link to="/status">status page</Link>.
        </p>
      </section>
    </div>
  )
}
