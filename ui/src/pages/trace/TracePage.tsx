import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useTrace } from '../../api/trace'
import type { SearchFor } from '../../url'
import { Empty, ErrorState, Skeleton } from '../../widgets/States'
import { TraceHeader } from './TraceHeader'
import { TraceScreen } from './TraceScreen'
import { Warnings } from './Warnings'
import css from './TracePage.module.css'

export function TracePage() {
  const { traceId } = useParams({ from: '/trace/$traceId' })
  const search: SearchFor<'trace'> = useSearch({ strict: false })
  const navigate = useNavigate()
  const { start, end, skew } = search
  const trace = useTrace(traceId, { start, end, skew })
  if (trace.error && trace.data === undefined) return <ErrorState error={trace.error} retry={() => void trace.refetch()} />
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
  return (
    <div key="trace" className={css.page}>
      <TraceHeader trace={trace.data} />
      <Warnings trace={trace.data} asSent={skew === 'off'} onAsSent={(off) => void navigate({ to: '.', search: (before) => ({ ...before, skew: off ? 'off' : undefined }) })} />
      <TraceScreen key={`${trace.data.traceId}/${skew ?? ''}`} trace={trace.data} hint={{ start, end }} />
    </div>
  )
}
