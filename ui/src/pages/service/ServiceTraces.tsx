import { Link } from '@tanstack/react-router'
import { type Scope, useTraceSample } from '../../api/hooks'
import type { Service, TraceSummary } from '../../api/types'
import { useShared } from '../../nav'
import { entriesOf } from '../../pure/entries'
import { formatAgo, formatDuration, plural } from '../../pure/format'
import { hintOf } from '../../pure/hint'
import { epochMsOfRFC3339 } from '../../pure/units'
import { ClassMark } from '../../widgets/ClassMark'
import { ErrorState, Skeleton, Stale } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import css from './ServiceTraces.module.css'

const SHOWN = 12

/** The newest traces through the service, and the newest in which it failed. */
export function ServiceTraces({ service, scope }: { service: Service; scope: Scope }) {
  const q = entriesOf(service)
  return (
    <div className={css.columns}>
      <List title="Newest" q={q} scope={scope} none="No trace is kept of this time." />
      <List title="Newest that failed here" q={`${q} and class != ok`} scope={scope} none="Nothing failed here in this time." />
    </div>
  )
}

function List({ title, q, scope, none }: { title: string; q: string; scope: Scope; none: string }) {
  const shared = useShared()
  const traces = useTraceSample(q, scope, SHOWN, true)
  const now = useNow(10_000)
  const body = () => {
    if (traces.data === undefined) return traces.error === null ? <Skeleton height={36} rows={6} gap={10} /> : <ErrorState error={traces.error} retry={() => void traces.refetch()} />
    if (traces.data.traces.length === 0) return <p className={css.none}>{none}</p>
    return (
      <Stale stale={traces.isPlaceholderData}>
        <ul>
          {traces.data.traces.map((t) => (
            <li key={t.trace_id}>
              <Row trace={t} now={now} />
            </li>
          ))}
        </ul>
      </Stale>
    )
  }
  return (
    <section className={css.list}>
      <h2>{title}</h2>
      {body()}
      <Link to="/traces" search={{ ...shared, q }} className={css.all}>
        Search on from here
      </Link>
    </section>
  )
}

function Row({ trace, now }: { trace: TraceSummary; now: number }) {
  const shared = useShared()
  return (
    <Link to="/trace/$traceId" params={{ traceId: trace.trace_id }} search={{ ...shared, ...hintOf(trace), span: trace.matched.span_id }} className={css.row}>
      <ClassMark value={trace.matched.class} />
      <span className={css.what}>
        <span>{trace.matched.name}</span>
        <small>
          in {trace.root?.service ?? 'a trace without a root'} {trace.root?.name ?? ''}, {plural(trace.spans, 'span')}
        </small>
      </span>
      <span className={css.number}>{formatDuration(trace.matched.duration_ns)}</span>
      <span className={css.ago}>{formatAgo(epochMsOfRFC3339(trace.start), now)}</span>
    </Link>
  )
}
