import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useHeatmap, useOperation } from '../../api/spans'
import { useShared } from '../../nav'
import { ApiError } from '../../pure/problem'
import { KINDS, spanId, type TraceModel } from '../../pure/trace'
import { againstText, histogramOfHeatmap, isRequest, operationClause, rankOf, rankText, slowerClause } from '../../pure/traceRank'
import { RankHistogram } from '../../timeline/RankHistogram'
import { Skeleton } from '../../widgets/States'
import { useTraceScope } from './useTraceScope'
import css from './SpanPanel.module.css'

/** Where the span stands among the others of its operation, and the ways there. */
export function SpanRank({ trace, row, settled }: { trace: TraceModel; row: number; settled: boolean }) {
  const { spans } = trace
  const shared = useShared()
  const service = trace.services[spans.service[row]]
  const name = trace.names[spans.name[row]]
  const kind = KINDS[spans.kind[row]] ?? 'unspecified'
  const within = useTraceScope(trace, service.env)
  const request = isRequest(kind)
  const q = operationClause(service.name, name, kind)
  const operation = useOperation(service.name, name, kind, within, request && settled)
  const heatmap = useHeatmap(q, within, 60, !request && settled)
  const query = request ? operation : heatmap
  const histogram = useMemo(() => (request ? operation.data?.stats.histogram : heatmap.data && histogramOfHeatmap(heatmap.data)), [request, operation.data, heatmap.data])
  const rank = histogram ? rankOf(histogram, spans.duration[row]) : null
  // Answers of another operation may stand in until this one's have come.
  const mine = request ? operation.data?.name === name && operation.data.service === service.name : !heatmap.isPlaceholderData
  const typical = operation.data?.typical
  const compare = request && mine && typical && typical.trace_id !== trace.traceId ? typical : null
  if (query.error) {
    // An operation without figures in this range is no failure of the page.
    const none = query.error instanceof ApiError && query.error.status === 404
    return <p className={css.rankNone}>{none ? 'There are no figures of this operation in this range.' : 'The figures of this operation could not be read.'}</p>
  }
  if (histogram === undefined || !mine) {
    return (
      <div className={css.rank}>
        <Skeleton height={44} rows={1} />
      </div>
    )
  }
  if (rank === null) return <p className={css.rankNone}>There are no figures of this operation in this range.</p>
  return (
    <section className={css.rank} aria-label="Among others of this operation">
      <p className={css.rankHead}>
        <strong>{rankText(rank)}</strong> <span>{againstText(rank, spans.duration[row])}</span>
      </p>
      <RankHistogram histogram={histogram} rank={rank} at={spans.duration[row]} />
      <p className={css.ways}>
        <Link to="/traces" search={{ ...shared, ...rangeSearch(within.range), q }}>
          All of them
        </Link>
        <Link to="/traces" search={{ ...shared, ...rangeSearch(within.range), q: slowerClause(service.name, name, kind, spans.duration[row]) }}>
          As slow or slower
        </Link>
        {compare && (
          <Link to="/compare/$a/$b" params={{ a: compare.trace_id, b: trace.traceId }} search={{ ...shared, sa: compare.span_id, sb: spanId(spans, row) }}>
            Compare with a typical one
          </Link>
        )}
      </p>
    </section>
  )
}

function rangeSearch(range: { from: string; to: string }): { from?: string; to?: string } {
  return range.from === 'now-1h' && range.to === 'now' ? { from: undefined, to: undefined } : range
}
