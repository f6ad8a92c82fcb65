/** The search for traces: the list, more of it at once, what came since, and the dots of the chart. */
import { type InfiniteData, infiniteQueryOptions, keepPreviousData, type QueryKey, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { get } from './client'
import type { Scope } from './hooks'
import type { Sort } from '../pure/resultSort'
import { LIVE_MS } from './live'
import type { SpanPage, SpanRow, TracePage } from './types'

const within = (scope: Scope) => ({ ...scope.range, env: scope.env, namespace: scope.namespace })

export const TRACES_PAGE = 50

export const tracesQuery = (q: string, scope: Scope) =>
  infiniteQueryOptions({
    queryKey: ['traces', q, within(scope)],
    queryFn: ({ signal, pageParam }) => get<TracePage>('traces', { q, ...within(scope), limit: TRACES_PAGE, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last: TracePage) => last.next_cursor ?? undefined,
    staleTime: 15_000,
  })

export function useTraces(q: string, scope: Scope, enabled = true) {
  return useInfiniteQuery({
    ...tracesQuery(q, scope),
    enabled,
    placeholderData: keepPreviousData,
    // Who has scrolled on reads; asking for all those pages again would move what is read.
    refetchInterval: (query) => (scope.live === true && (query.state.data?.pages.length ?? 1) < 2 ? LIVE_MS : false),
  })
}

/** The first traces of an order at once. */
export function useTraceSample(q: string, scope: Scope, limit: number, enabled: boolean, sort: Sort = 'newest') {
  return useQuery({
    queryKey: ['traces', 'sample', q, within(scope), limit, sort],
    queryFn: ({ signal }) => get<TracePage>('traces', { q, ...within(scope), limit, sort: sort === 'newest' ? undefined : sort }, signal),
    enabled,
    staleTime: 15_000,
    placeholderData: keepPreviousData,
    refetchInterval: scope.live === true ? LIVE_MS : false,
  })
}

/** At most this many are told apart from "more". */
export const NEWER_MOST = 100

/** What matches and started at or after a time, asked again and again while `enabled`; ids of traces or of spans. */
export function useNewer(what: 'traces' | 'spans', q: string, scope: Scope, since: string, enabled: boolean) {
  return useQuery({
    queryKey: [what, 'newer', q, within(scope), since],
    queryFn: async ({ signal }) => {
      const query = { q, ...within(scope), from: since, limit: NEWER_MOST }
      if (what === 'traces') return (await get<TracePage>('traces', query, signal)).traces.map((t) => t.trace_id)
      return (await get<SpanPage>('spans', query, signal)).spans.map((s) => s.span_id)
    },
    enabled,
    refetchInterval: LIVE_MS,
  })
}

/** The server gives at most this many spans at once. */
const POINTS_PAGE = 1000

/** The newest spans that match, at most `most`, as the dots of the chart; `more` if there are others. */
export function usePoints(q: string, scope: Scope, most: number, enabled: boolean) {
  return useQuery({
    queryKey: ['spans', 'points', q, within(scope), most],
    queryFn: async ({ signal }) => {
      const spans: SpanRow[] = []
      let cursor: string | undefined
      do {
        const page = await get<SpanPage>('spans', { q, ...within(scope), limit: Math.min(POINTS_PAGE, most - spans.length), cursor }, signal)
        spans.push(...page.spans)
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined && spans.length < most)
      return { spans, more: cursor !== undefined }
    },
    enabled,
    staleTime: 15_000,
    placeholderData: keepPreviousData,
    refetchInterval: scope.live === true ? LIVE_MS : false,
  })
}

/** The newest spans at once, for an order other than newest first. */
export function useSpanSample(q: string, scope: Scope, columns: readonly string[], limit: number, enabled: boolean) {
  return useQuery({
    queryKey: ['spans', 'sample', q, within(scope), columns, limit],
    queryFn: ({ signal }) => get<SpanPage>('spans', { q, ...within(scope), columns: columns.join(','), limit }, signal),
    enabled,
    staleTime: 15_000,
    placeholderData: keepPreviousData,
    refetchInterval: scope.live === true ? LIVE_MS : false,
  })
}

/** Begins a list anew from its newest page, without emptying it first. */
export function useRestart(): (key: QueryKey) => void {
  const queryClient = useQueryClient()
  return (key) => {
    queryClient.setQueryData<InfiniteData<unknown>>(key, (d) => d && { pages: d.pages.slice(0, 1), pageParams: d.pageParams.slice(0, 1) })
    void queryClient.invalidateQueries({ queryKey: key, exact: true })
  }
}
