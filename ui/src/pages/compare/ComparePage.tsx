import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTrace, useTraceFile } from '../../api/trace'
import { formatCount } from '../../pure/format'
import { ApiError } from '../../pure/problem'
import { parseTraceId } from '../../pure/trace-id'
import { rowOfSpan, type TraceModel } from '../../pure/trace'
import { deltasOf, summaryOf } from '../../pure/traceDelta'
import { diffTraces, type Side } from '../../pure/traceDiff'
import type { SearchFor } from '../../url'
import { Button } from '../../widgets/Button'
import { OpenFile } from '../../widgets/OpenFile'
import { Empty, ErrorState, Notice, Skeleton } from '../../widgets/States'
import { CompareHeader } from './CompareHeader'
import { CompareScreen } from './CompareScreen'
import css from './ComparePage.module.css'

/** Two traces laid over each other: `a` is what it is compared with, `b` the one that is looked into. */
export function ComparePage() {
  const { a, b } = useParams({ from: '/compare/$a/$b' })
  const search: SearchFor<'compare'> = useSearch({ strict: false })
  const navigate = useNavigate({ from: '/compare/$a/$b' })
  const first = useTrace(a, { file: search.fa })
  const second = useTrace(b, { file: search.fb })
  const reading = useTraceFile(() => undefined)
  const swap = () => void navigate({ to: '/compare/$a/$b', params: { a: b, b: a }, search: { ...search, sa: search.sb, sb: search.sa, fa: search.fb, fb: search.fa } })
  const failed = first.error && first.data === undefined ? first : second.error && second.data === undefined ? second : null
  if (failed?.error) {
    const which = failed === first ? a : b
    if (failed.error instanceof ApiError && failed.error.code === 'file_closed') {
      return (
        <Empty page title={`Trace ${which.slice(0, 8)} came from a file that is not open here`} actions={<OpenFile {...reading} />}>
          {failed.error.hint}
        </Empty>
      )
    }
    return (
      <ErrorState
        page
        error={failed.error}
        title={parseTraceId(which) === null ? `“${which.slice(0, 40)}” is no trace id` : `Trace ${which.slice(0, 8)} cannot be compared`}
        retry={() => void failed.refetch()}
      />
    )
  }
  if (first.data === undefined || second.data === undefined) {
    return (
      <div className={css.loading}>
        <Skeleton height={24} rows={2} width="60%" />
        <Skeleton height={60} />
        <Skeleton height={14} rows={14} gap={12} />
      </div>
    )
  }
  if (first.data.spans.count === 0 || second.data.spans.count === 0) {
    return (
      <Empty page title="There is nothing to compare" actions={<Button onClick={() => void navigate({ to: '/traces' })}>Search traces</Button>}>
        One of the two traces has no spans any more; retention may have dropped it.
      </Empty>
    )
  }
  return <Both a={first.data} b={second.data} search={search} onSwap={swap} />
}

function Both({ a, b, search, onSwap }: { a: TraceModel; b: TraceModel; search: SearchFor<'compare'>; onSwap: () => void }) {
  const sideA = useMemo(() => sideOf(a, search.sa, search.fa), [a, search.sa, search.fa])
  const sideB = useMemo(() => sideOf(b, search.sb, search.fb), [b, search.sb, search.fb])
  const diff = useMemo(() => diffTraces(sideA, sideB), [sideA, sideB])
  const deltas = useMemo(() => deltasOf(diff, sideA, sideB), [diff, sideA, sideB])
  const summary = useMemo(() => summaryOf(diff, deltas, sideA, sideB), [diff, deltas, sideA, sideB])
  return (
    <div className={css.page}>
      <CompareHeader a={sideA} b={sideB} onSwap={onSwap} />
      {([['A', a], ['B', b]] as const).map(
        ([letter, { truncated }]) =>
          truncated && (
            <div key={letter} className={css.part}>
              <Notice tone="warn">{`${letter} is large: ${formatCount(truncated.kept)} of its ${formatCount(truncated.total)} spans are compared, and those that are not here count as differences.`}</Notice>
            </div>
          ),
      )}
      {/* Swapped or other traces are another tree. */}
      <CompareScreen key={`${a.traceId}/${b.traceId}/${search.sa ?? ''}/${search.sb ?? ''}`} a={sideA} b={sideB} diff={diff} deltas={deltas} summary={summary} />
    </div>
  )
}

/** All of a trace, or the subtree of one of its spans. */
function sideOf(trace: TraceModel, top: string | undefined, file: boolean | undefined): Side {
  const row = top === undefined ? -1 : rowOfSpan(trace.spans, top)
  // The subtree of an only root is the trace itself.
  return { trace, file, top: row === 0 && trace.spans.descendants[0] + 1 === trace.spans.count ? -1 : row }
}
