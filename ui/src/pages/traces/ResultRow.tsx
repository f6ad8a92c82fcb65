import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { TraceSummary } from '../../api/types'
import { type Chip, fitChips } from '../../pure/chips'
import { hueVar } from '../../pure/colour'
import { formatCount, formatDuration, formatMoment, formatStart } from '../../pure/format'
import { arrival, hintOf } from '../../pure/hint'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { SharedSearch } from '../../url'
import { ClassMark } from '../../widgets/ClassMark'
import css from './ResultRow.module.css'

/** How long a pointer must rest on a row before its trace is fetched, in ms. */
const REST = 70

type Props = {
  trace: TraceSummary
  index: number
  filtered: boolean
  hues: ReadonlyMap<string, number>
  longest: number
  /** Of the column with the services, in px. */
  chipsWidth: number
  now: number
  shared: SharedSearch
  onFocus: () => void
  prefetch: (trace: TraceSummary) => void
}

export function ResultRow({ trace, index, filtered, hues, longest, chipsWidth, now, shared, onFocus, prefetch }: Props) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const start = epochMsOfRFC3339(trace.start)
  const badge = arrival(trace, now)
  const name = trace.root?.name ?? trace.matched.name
  const elsewhere = filtered && (trace.matched.name !== trace.root?.name || trace.matched.service !== trace.root.service)
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId: trace.trace_id }}
      search={{ ...shared, ...hintOf(trace), ...(elsewhere ? { span: trace.matched.span_id } : {}) }}
      className={css.row}
      data-index={index}
      onFocus={onFocus}
      onPointerEnter={() => (timer.current = setTimeout(() => prefetch(trace), REST))}
      onPointerLeave={() => clearTimeout(timer.current)}
    >
      <span className={css.mark}>
        <ClassMark value={trace.class} size={15} />
      </span>
      <span className={css.what}>
        <span className={css.name}>
          {badge === '' ? name : <span>{name}</span>}
          {badge !== '' && <span className={css.badge}>{badge}</span>}
        </span>
        <span className={css.sub}>
          {trace.root?.service ?? trace.matched.service}
          {elsewhere && (
            <span className={css.matched}>
              matched {trace.matched.service} <b>{trace.matched.name}</b> {formatDuration(trace.matched.duration_ns)}
            </span>
          )}
        </span>
      </span>
      <Services services={trace.services} hues={hues} width={chipsWidth} />
      <span className={css.duration}>
        <span>{formatDuration(trace.duration_ns)}</span>
        <span className={css.track} aria-hidden="true">
          <span className={css.bar} data-class={trace.class} style={{ width: `${longest === 0 ? 0 : Math.max(1, (100 * trace.duration_ns) / longest)}%` }} />
        </span>
      </span>
      <span className={css.number}>
        {formatCount(trace.spans)}
        <span className="visually-hidden"> spans</span>
      </span>
      <span className={css.number} data-bad={trace.errors > 0 || undefined}>
        {trace.errors > 0 ? formatCount(trace.errors) : <span className={css.none}>–</span>}
        <span className="visually-hidden"> errors</span>
      </span>
      <time className={css.start} dateTime={trace.start} title={formatMoment(start, now)}>
        {formatStart(start, now)}
      </time>
    </Link>
  )
}

function Services({ services, hues, width }: { services: readonly Chip[]; hues: ReadonlyMap<string, number>; width: number }) {
  const { shown, rest } = fitChips(services, width)
  return (
    <span className={css.services}>
      {shown.map((s) => (
        <span key={s.name} className={css.chip} data-bad={s.errors > 0 || undefined} title={s.errors > 0 ? `${s.name}: ${s.errors} of ${s.spans} spans failed` : `${s.name}: ${s.spans} spans`}>
          <span className={css.dot} style={{ background: hueVar(hues.get(s.name) ?? 0) }} />
          <span className={css.chipName}>{s.name}</span>
        </span>
      ))}
      {rest.length > 0 && (
        <span className={css.rest} title={rest.map((s) => s.name).join(', ')}>
          +{rest.length}
        </span>
      )}
    </span>
  )
}
