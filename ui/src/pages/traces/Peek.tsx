import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useMemo } from 'react'
import { useTrace } from '../../api/trace'
import { assignHues } from '../../pure/colour'
import { formatAgo, formatCount, formatDuration, formatMoment, formatPercent, plural } from '../../pure/format'
import type { TraceModel } from '../../pure/trace'
import { failuresOf, sharesOf } from '../../pure/peek'
import { epochMsOfNanos } from '../../pure/units'
import type { SharedSearch } from '../../url'
import { IconButton } from '../../widgets/Button'
import { ClassMark } from '../../widgets/ClassMark'
import { ServiceName } from '../../widgets/ServiceName'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import { useHotkeys } from '../../widgets/hotkeys'
import { useNow } from '../../widgets/useNow'
import css from './Peek.module.css'

type Props = { traceId: string; hint: { start?: string; end?: string }; shared: SharedSearch; onClose: () => void }

/** A trace beside the list: who took the time and what failed, without leaving the search. */
export function Peek({ traceId, hint, shared, onClose }: Props) {
  const trace = useTrace(traceId, hint)
  useHotkeys('Traces', [{ keys: 'escape', label: 'Close the trace beside the list', run: onClose }])
  return (
    <aside className={css.peek} aria-label="Trace beside the list">
      <header className={css.head}>
        <h2>{trace.data === undefined ? <code>{traceId.slice(0, 8)}</code> : (trace.data.root?.name ?? 'A trace without a root')}</h2>
        <IconButton label="Close" keys="escape" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {trace.isPending && <Skeleton height={16} rows={8} />}
      {trace.error !== null && trace.data === undefined && <ErrorState error={trace.error} retry={() => void trace.refetch()} />}
      {trace.data !== undefined && <Summary trace={trace.data} hint={hint} shared={shared} />}
    </aside>
  )
}

function Summary({ trace, hint, shared }: { trace: TraceModel; hint: Props['hint']; shared: SharedSearch }) {
  const now = useNow()
  const start = epochMsOfNanos(trace.start)
  const hues = useMemo(() => assignHues(trace.services.map((s) => s.name)), [trace])
  const shares = useMemo(() => sharesOf(trace), [trace])
  const failures = useMemo(() => failuresOf(trace, 5), [trace])
  const to = { to: '/trace/$traceId', params: { traceId: trace.traceId } } as const
  return (
    <>
      <dl className={css.figures}>
        <div>
          <dt>Outcome</dt>
          <dd className={css.outcome}>
            <ClassMark value={trace.klass} label={false} /> {trace.klass}
          </dd>
        </div>
        <div>
          <dt>Duration</dt>
          <dd>{formatDuration(trace.duration)}</dd>
        </div>
        <div>
          <dt>Spans</dt>
          <dd>{formatCount(trace.spanCount)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd data-bad={trace.errorCount > 0 || undefined}>{formatCount(trace.errorCount)}</dd>
        </div>
      </dl>
      <p className={css.when}>
        {formatMoment(start, now)}, {formatAgo(start, now)}
      </p>
      {trace.warnings.map((w) => (
        <Notice key={w.code}>{w.message}</Notice>
      ))}
      <section>
        <h3>Where the time went</h3>
        <ul className={css.services}>
          {shares.map((s) => (
            <li key={s.name} className={css.service}>
              <ServiceName name={s.name} hue={hues.get(s.name) ?? 0} />
              <span className={css.share}>{formatPercent(s.share)}</span>
              <span className={css.track} aria-hidden="true">
                <span className={css.bar} data-bad={s.errors > 0 || undefined} style={{ width: `${100 * s.share}%` }} />
              </span>
              <span className={css.small}>
                {formatDuration(s.self)} of its own in {plural(s.spans, 'span')}
                {s.errors > 0 && <b>, {formatCount(s.errors)} failed</b>}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {failures.length > 0 && (
        <section>
          <h3>What failed</h3>
          <ul className={css.failures}>
            {failures.map((f) => (
              <li key={f.id}>
                <Link {...to} search={{ ...shared, ...hint, span: f.id }} className={css.failure}>
                  <ClassMark value={f.class} />
                  <span className={css.failureName}>
                    {f.service} <b>{f.name}</b>
                  </span>
                  <span>{formatDuration(f.duration)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Link {...to} search={{ ...shared, ...hint }} className={css.open}>
        Open the trace
      </Link>
    </>
  )
}
