import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowDownUp } from 'lucide-react'
import { traceFileOf } from '../../api/traceFile'
import { useShared } from '../../nav'
import { formatDuration, formatMoment, plural } from '../../pure/format'
import { CLASSES, spanId } from '../../pure/trace'
import { headlineOf } from '../../pure/traceDelta'
import { lengthOf, type Side } from '../../pure/traceDiff'
import { addNanos, epochMsOfNanos } from '../../pure/units'
import { ClassMark } from '../../widgets/ClassMark'
import { IconButton } from '../../widgets/Button'
import { useHotkeys } from '../../widgets/hotkeys'
import { useNow } from '../../widgets/useNow'
import css from './ComparePage.module.css'

type Props = { a: Side; b: Side; onSwap: () => void }

/** Which two, and which of them took longer. */
export function CompareHeader({ a, b, onSwap }: Props) {
  const says = headlineOf(a, b)
  useHotkeys('Compare', [{ keys: 'x', label: 'Swap the two traces', run: onSwap }])
  return (
    <header className={css.header}>
      <h1 className={css.title}>
        B {says.fails} <strong>{says.verdict}</strong> {says.end}
      </h1>
      <div className={css.sides}>
        <SideLine letter="A" role="compared with" side={a} />
        <SideLine letter="B" role="looked into" side={b} />
        <span className={css.swap}>
          <IconButton label="Swap A and B" keys="x" size="sm" look="plain" onClick={onSwap}>
            <ArrowDownUp size={14} />
          </IconButton>
        </span>
      </div>
    </header>
  )
}

function SideLine({ letter, role, side }: { letter: 'A' | 'B'; role: string; side: Side }) {
  const now = useNow(60_000)
  const shared = useShared()
  const { trace, top } = side
  const queryClient = useQueryClient()
  const part = top >= 0
  const service = part ? trace.services[trace.spans.service[top]].name : trace.root?.service
  const name = part ? trace.names[trace.spans.name[top]] : trace.root?.name
  const klass = part ? (CLASSES[trace.spans.klass[top]] ?? 'ok') : trace.klass
  const spans = part ? trace.spans.descendants[top] + 1 : trace.spanCount
  const start = part ? addNanos(trace.start, trace.spans.start[top]) : trace.start
  return (
    <p className={css.side} aria-label={`${letter}, ${role}`}>
      <span className={css.letter} data-side={letter} aria-hidden="true">
        {letter}
      </span>
      <ClassMark value={klass} size={15} />
      <Link to="/trace/$traceId" params={{ traceId: trace.traceId }} search={{ ...shared, span: part ? spanId(trace.spans, top) : undefined, file: side.file }} className={css.sideName}>
        {service === undefined ? 'Trace without a root' : <strong>{service}</strong>} {name}
      </Link>
      <span className={css.sideDuration}>{formatDuration(lengthOf(side))}</span>
      <span className={css.sideFacts}>
        {plural(spans, 'span')}
        {!part && trace.errorCount > 0 && <>, {plural(trace.errorCount, 'error')}</>}
        {part && ' of a larger trace'}
      </span>
      <span className={css.sideFacts}>{formatMoment(epochMsOfNanos(start), now)}</span>
      <code className={css.sideId}>{trace.traceId.slice(0, 8)}</code>
      {side.file === true && <span className={css.sideFacts}>from {traceFileOf(queryClient, trace.traceId)?.name ?? 'a file'}</span>}
    </p>
  )
}
