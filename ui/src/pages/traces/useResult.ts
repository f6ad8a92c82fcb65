import { useCallback, useMemo } from 'react'
import { NEWER_MOST, tracesQuery, useNewer, useRestart, useSpanSample, useTraces, useTraceSample } from '../../api/search'
import type { Scope } from '../../api/hooks'
import { spansQuery, useSpans } from '../../api/spans'
import type { SpanRow, TraceSummary } from '../../api/types'
import { newerThan, RANKED, rankNote, type Sort, SORTED, sortNote, sortSpans } from '../../pure/resultSort'
import type { View } from './Toolbar'

type Options = {
  view: View
  q: string
  scope: Scope
  sort: Sort
  /** Attributes of the span list that the server is asked for. */
  asked: readonly string[]
  /** Whether the reader has left the top of the list, so that it must not move. */
  away: boolean
}

const NO_TRACES: readonly TraceSummary[] = []
const NO_SPANS: readonly SpanRow[] = []

/** The list of the page, whichever of the two it is and in whichever order. */
export function useResult({ view, q, scope, sort, asked, away }: Options) {
  const newest = sort === 'newest'
  const still: Scope = useMemo(() => (away ? { ...scope, live: false } : scope), [scope, away])
  const traceList = useTraces(q, still, view === 'traces' && newest)
  const spanList = useSpans(q, still, asked, view === 'spans' && newest)
  const traceSample = useTraceSample(q, still, RANKED, view === 'traces' && !newest, sort)
  const spanSample = useSpanSample(q, still, asked, SORTED, view === 'spans' && !newest)
  const restart = useRestart()

  const traces = useMemo(
    () => (view !== 'traces' ? NO_TRACES : newest ? (traceList.data?.pages.flatMap((p) => p.traces) ?? NO_TRACES) : (traceSample.data?.traces ?? NO_TRACES)),
    [view, newest, traceList.data, traceSample.data],
  )
  const spans = useMemo(
    () => (view !== 'spans' ? NO_SPANS : newest ? (spanList.data?.pages.flatMap((p) => p.spans) ?? NO_SPANS) : sortSpans(spanSample.data?.spans ?? NO_SPANS, sort)),
    [view, newest, sort, spanList.data, spanSample.data],
  )
  const list = view === 'traces' ? traceList : spanList
  const sample = view === 'traces' ? traceSample : spanSample
  const used = newest ? list : sample
  const pages = list.data?.pages
  const last = newest ? pages?.[pages.length - 1] : sample.data
  const columns = view === 'spans' ? ((newest ? spanList.data?.pages[0]?.columns : spanSample.data?.columns) ?? asked) : asked

  // What came since the first row, while the list stands still under the reader.
  const since = (view === 'traces' ? traces[0]?.start : spans[0]?.start) ?? ''
  const watching = scope.live === true && newest && scope.range.to === 'now' && since !== '' && (away || (pages?.length ?? 0) > 1)
  const came = useNewer(view, q, scope, since, watching)
  const known = view === 'traces' ? traces.map((t) => t.trace_id) : spans.map((s) => s.span_id)
  const newer = watching && came.data !== undefined ? newerThan(came.data, known, (id) => id) : 0

  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list
  const more = useCallback(() => {
    if (newest && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [newest, fetchNextPage, hasNextPage, isFetchingNextPage])
  return {
    traces,
    spans,
    /** The columns that the values of the spans are for. */
    columns,
    count: view === 'traces' ? traces.length : spans.length,
    last,
    note: view === 'traces' ? rankNote(sort, traces.length) : sortNote(sort, spans.length, typeof last?.next_cursor === 'string'),
    pending: used.isPending,
    error: used.error,
    stale: used.isPlaceholderData,
    /** ms since 1970 of the answer in view */
    updatedAt: used.dataUpdatedAt,
    fetchingMore: newest && isFetchingNextPage,
    more,
    retry: () => void used.refetch(),
    newer,
    newerMost: NEWER_MOST,
    toNewest: () => restart(view === 'traces' ? tracesQuery(q, scope).queryKey : spansQuery(q, scope, asked).queryKey),
  }
}
