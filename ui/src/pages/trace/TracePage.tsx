import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { type TraceHint, useTrace, useTraceFile } from '../../api/trace'
import { useShared } from '../../nav'
import { ApiError } from '../../pure/problem'
import { spanId, type TraceModel } from '../../pure/trace'
import { repeatHint } from '../../pure/traceLabels'
import type { SearchFor } from '../../url'
import { OpenFile } from '../../widgets/OpenFile'
import { Empty, ErrorState, Notice, Skeleton } from '../../widgets/States'
import { TraceHeader } from './TraceHeader'
import { TraceScreen } from './TraceScreen'
import { useMore } from './useMore'
import { Warnings } from './Warnings'
import css from './TracePage.module.css'

export function TracePage() {
  const { traceId } = useParams({ from: '/trace/$traceId' })
  const search: SearchFor<'trace'> = useSearch({ strict: false })
  const navigate = useNavigate()
  const { start, end, skew, file } = search
  const reading = useTraceFile((opened) => void navigate({ to: '/trace/$traceId', params: { traceId: opened }, search: (before) => ({ ...before, file: true }) }))
  const trace = useTrace(traceId, { start, end, skew, file })
  if (file === true && trace.error instanceof ApiError && trace.error.code === 'file_closed') {
    return (
      <Empty page title={trace.error.message} actions={<OpenFile {...reading} />}>
        {trace.error.hint}
      </Empty>
    )
  }
  if (trace.error && trace.data === undefined) return <NoTrace error={trace.error} retry={() => void trace.refetch()} />
  if (trace.data === undefined) {
    return (
      <div key="loading" className={css.loading}>
        <Skeleton height={22} width="40%" />
        <Skeleton height={60} />
        <Skeleton height={14} rows={14} gap={12} />
      </div>
    )
  }
  if (trace.data.spans.count === 0) return <Empty title="This trace has no spans">It may have been dropped by retention while you were reading.</Empty>
  return <Loaded key="trace" answer={trace.data} hint={{ start, end, skew, file }} onAsSent={(off) => void navigate({ to: '.', search: (before) => ({ ...before, skew: off ? 'off' : undefined }) })} />
}

/** A trace that is not there may still come; an id that is none never will. */
function NoTrace({ error, retry }: { error: Error; retry: () => void }) {
  const shared = useShared()
  const status = error instanceof ApiError ? error.status : 0
  const search = (
    <Link to="/traces" search={shared}>
      Search traces
    </Link>
  )
  if (status === 400) return <ErrorState error={error} title="No trace id" actions={search} />
  return <ErrorState error={error} title={status === 404 ? 'No such trace' : undefined} retry={retry} actions={status === 404 ? search : undefined} />
}

/** Hints below this share of the trace's time are left to the row itself. */
const WORTH_SAYING = 0.05

/** The sentence about calls that could be one, where they take a good part of the time. */
function Repeats({ trace }: { trace: TraceModel }) {
  const hint = useMemo(() => repeatHint(trace), [trace])
  if (hint === null || hint.total < WORTH_SAYING * trace.duration) return null
  return (
    <div className={css.warnings}>
      <Notice
        action={
          <Link to="." search={(before) => ({ ...before, span: spanId(trace.spans, hint.row), view: undefined })}>
            Show
          </Link>
        }
      >
        {hint.text}
      </Notice>
    </div>
  )
}

function Loaded({ answer, hint, onAsSent }: { answer: TraceModel; hint: TraceHint; onAsSent: (off: boolean) => void }) {
  const more = useMore(answer, hint)
  return (
    <div className={css.page}>
      <TraceHeader trace={more.trace} file={hint.file === true} />
      <Warnings trace={more.trace} asSent={hint.skew === 'off'} onAsSent={onAsSent} />
      <Repeats trace={more.trace} />
      {more.error && <Notice tone="warn">{`More spans could not be brought: ${more.error.message}`}</Notice>}
      <TraceScreen key={`${answer.traceId}/${hint.skew ?? ''}`} more={more} hint={{ start: hint.start, end: hint.end, file: hint.file }} />
    </div>
  )
}
