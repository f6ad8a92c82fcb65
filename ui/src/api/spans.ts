/** Spans that a query matches: one by one, over time and duration, by value, and side by side; and one operation's figures. */
import { infiniteQueryOptions, keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { get } from './client'
import type { Scope } from './hooks'
import { LIVE_MS } from './live'
import type { Baseline, Class, Comparison, Facets, Heatmap, Instances, OperationDetail, SpanPage } from './types'

const live = (scope: Scope) => (scope.live === true ? LIVE_MS : false)

const within = (scope: Scope) => ({ ...scope.range, env: scope.env, namespace: scope.namespace })

export const SPANS_PAGE = 50

/** One row a span. `columns` are keys of attributes, at most 20, spelt as in a filter. */
export const spansQuery = (q: string, scope: Scope, columns: readonly string[] = [], limit = SPANS_PAGE) =>
  infiniteQueryOptions({
    queryKey: ['spans', q, within(scope), columns, limit],
    queryFn: ({ signal, pageParam }) =>
      get<SpanPage>('spans', { q, ...within(scope), columns: columns.join(','), limit, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last: SpanPage) => last.next_cursor ?? undefined,
    staleTime: 15_000,
  })

export function useSpans(q: string, scope: Scope, columns: readonly string[] = [], enabled = true) {
  return useInfiniteQuery({
    ...spansQuery(q, scope, columns),
    enabled,
    placeholderData: keepPreviousData,
    // Who has scrolled on reads; asking for all those pages again would move what is read.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) < 2 ? live(scope) : false),
  })
}

export const heatmapQuery = (q: string, scope: Scope, columns = 120) =>
  queryOptions({
    queryKey: ['spans', 'heatmap', q, within(scope), columns],
    queryFn: ({ signal }) => get<Heatmap>('spans/heatmap', { q, ...within(scope), columns }, signal),
    staleTime: 15_000,
  })

/** Durations over time; what comes for an empty `q` is of all spans. */
export function useHeatmap(q: string, scope: Scope, columns = 120, enabled = true) {
  return useQuery({ ...heatmapQuery(q, scope, columns), enabled, placeholderData: keepPreviousData, refetchInterval: live(scope) })
}

/** The most frequent values of at most 12 keys among the newest spans that match. */
export const facetsQuery = (q: string, scope: Scope, keys: readonly string[]) =>
  queryOptions({
    queryKey: ['spans', 'facets', q, within(scope), keys],
    queryFn: ({ signal }) => get<Facets>('spans/facets', { q, ...within(scope), keys: keys.join(',') }, signal),
    staleTime: 15_000,
  })

export function useFacets(q: string, scope: Scope, keys: readonly string[], enabled = true) {
  return useQuery({
    ...facetsQuery(q, scope, keys),
    enabled: enabled && keys.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: live(scope),
  })
}

/** What is set beside what. Times are as in a range; those of the selection are the range's own unless given. */
export type CompareOf = { selection: string; selection_from?: string; selection_to?: string; baseline: Baseline; baseline_q?: string }

export const compareQuery = (q: string, scope: Scope, of: CompareOf) =>
  queryOptions({
    queryKey: ['spans', 'compare', q, within(scope), of],
    queryFn: ({ signal }) => get<Comparison>('spans/compare', { q, ...within(scope), ...of }, signal),
    staleTime: 60_000,
  })

/** What tells the selected spans from the others; null asks for nothing. */
export function useCompare(q: string, scope: Scope, of: CompareOf | null) {
  return useQuery({
    ...compareQuery(q, scope, of ?? { selection: '', baseline: 'rest' }),
    enabled: of !== null,
    placeholderData: keepPreviousData,
  })
}

export const operationQuery = (service: string, operation: string, kind: string | undefined, scope: Scope, klass: Class = 'ok') =>
  queryOptions({
    queryKey: ['service', service, 'operation', operation, kind, within(scope), klass],
    queryFn: ({ signal }) =>
      get<OperationDetail>(
        `services/${encodeURIComponent(service)}/operations/${encodeURIComponent(operation)}`,
        { ...within(scope), kind, class: klass === 'ok' ? undefined : klass },
        signal,
      ),
    staleTime: 15_000,
  })

/** Without a kind it is the operation's busiest. The class is that of the typical one. */
export function useOperation(service: string, operation: string, kind: string | undefined, scope: Scope, enabled = true, klass: Class = 'ok') {
  return useQuery({
    ...operationQuery(service, operation, kind, scope, klass),
    enabled,
    placeholderData: (before, query) => (query?.queryKey[1] === service && query.queryKey[3] === operation ? before : undefined),
    refetchInterval: live(scope),
  })
}

/** The processes that a service ran in. */
export function useInstances(service: string, scope: Scope, enabled = true) {
  return useQuery({
    queryKey: ['service', service, 'instances', within(scope)],
    queryFn: ({ signal }) => get<Instances>(`services/${encodeURIComponent(service)}/instances`, within(scope), signal),
    enabled,
    staleTime: 15_000,
    placeholderData: (before, query) => (query?.queryKey[1] === service ? before : undefined),
    refetchInterval: live(scope),
  })
}
