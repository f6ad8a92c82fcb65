/** One hook an endpoint. Ranges travel as the texts of the URL, so the server's clock resolves `now`. */
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Range } from '../pure/time'
import { get, post } from './client'
import { LIVE_MS } from './live'
import type { TraceHint } from './trace'
import { fileClosed, traceFileOf } from './traceFile'
import type { Completion, Series, Service, ServiceMap, Services, SpanDetail, Status } from './types'

export { useNewer, usePoints, useTraces, useTraceSample } from './search'
export { usePrefetchTrace } from './trace'

const live = (on: boolean | undefined) => (on === true ? LIVE_MS : false)

export const statusQuery = () =>
  queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => get<Status>('status', {}, signal), staleTime: 10_000 })

export function useStatus(everyMs: number | false = false) {
  return useQuery({ ...statusQuery(), refetchInterval: everyMs })
}

export type Scope = { range: Range; env?: string; namespace?: string; live?: boolean }

export type MapFilter = { focus?: string; hops?: number }

const mapQuery = (scope: Scope, filter: MapFilter = {}) =>
  queryOptions({
    queryKey: ['map', scope.range, scope.env, scope.namespace, filter],
    queryFn: ({ signal }) => get<ServiceMap>('map', { ...scope.range, env: scope.env, namespace: scope.namespace, ...filter }, signal),
  })

export function useMap(scope: Scope, filter?: MapFilter) {
  return useQuery({ ...mapQuery(scope, filter), placeholderData: keepPreviousData, refetchInterval: live(scope.live) })
}

/** The map of another stretch of time beside the page's own: a moment, or the time before. Null asks for nothing. */
export function useMapOf(range: Range | null, scope: Scope) {
  return useQuery({ ...mapQuery({ ...scope, range: range ?? scope.range }), enabled: range !== null, staleTime: 60_000, placeholderData: keepPreviousData })
}

/** Brings a stretch of time before it is shown. */
export function usePrefetchMap(): (range: Range, scope: Scope) => void {
  const queryClient = useQueryClient()
  return useCallback((range, scope) => void queryClient.prefetchQuery({ ...mapQuery({ ...scope, range }), staleTime: 60_000 }), [queryClient])
}

/** Of a node, or of the edge between two. */
export type SeriesOf = { node: string } | { source: string; target: string }

export function useSeries(of: SeriesOf | null, scope: Scope) {
  return useQuery({
    queryKey: ['map', 'series', of, scope.range],
    queryFn: ({ signal }) => get<Series>('map/series', { ...of, ...scope.range }, signal),
    enabled: of !== null,
    placeholderData: keepPreviousData,
    refetchInterval: live(scope.live),
  })
}

export const servicesQuery = (scope: Scope) =>
  queryOptions({
    queryKey: ['services', scope.range, scope.env, scope.namespace],
    queryFn: ({ signal }) => get<Services>('services', { ...scope.range, env: scope.env, namespace: scope.namespace }, signal),
    staleTime: 15_000,
  })

export function useServices(scope: Scope) {
  return useQuery({ ...servicesQuery(scope), placeholderData: keepPreviousData, refetchInterval: live(scope.live) })
}

export const serviceQuery = (name: string, scope: Scope) =>
  queryOptions({
    queryKey: ['service', name, scope.range, scope.env, scope.namespace],
    queryFn: ({ signal }) =>
      get<Service>(`services/${encodeURIComponent(name)}`, { ...scope.range, env: scope.env, namespace: scope.namespace }, signal),
    staleTime: 15_000,
  })

/** The figures of the time before, for the deltas; asked for once the page's own have come. */
export function usePreviousServices(scope: Scope, enabled: boolean) {
  return useQuery({ ...servicesQuery(scope), staleTime: 120_000, enabled })
}

export function useService(name: string, scope: Scope) {
  return useQuery({
    ...serviceQuery(name, scope),
    // The figures of one service must never stand under the name of another.
    placeholderData: (before, query) => (query?.queryKey[1] === name ? before : undefined),
    refetchInterval: live(scope.live),
  })
}

export function useSpan(traceId: string, spanId: string | null, hint: TraceHint = {}) {
  return useQuery({
    queryKey: ['span', traceId, spanId, ...(hint.file === true ? ['file'] : [])],
    queryFn: async ({ signal, client }) => {
      const { file, ...query } = hint
      if (file !== true) return get<{ spans: SpanDetail[] }>(`traces/${traceId}/spans/${spanId ?? ''}`, query, signal)
      const kept = traceFileOf(client, traceId)
      if (kept === undefined) throw fileClosed()
      return { spans: await kept.span(spanId ?? '') }
    },
    enabled: spanId !== null,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  })
}

/**
 * Keys and values for the query bar; `pos` is an offset in bytes. Failing is quiet: completion must never stand in the
 * way of a search.
 */
export function useCompletion(q: string, pos: number, range: Range, enabled: boolean) {
  return useQuery({
    queryKey: ['complete', q, pos, range],
    queryFn: ({ signal }) => get<{ items: Completion[] }>('complete', { q, pos, ...range }, signal),
    enabled,
    staleTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
  })
}

/** Brings a service's page before it is opened. */
export function usePrefetchService(): (name: string, scope: Scope) => void {
  const queryClient = useQueryClient()
  return (name, scope) => void queryClient.prefetchQuery(serviceQuery(name, scope))
}

/** Begins a session; afterwards everything is asked again. */
export function useLogin(onDone: () => void) {
  return useMutation({
    mutationFn: (body: { user: string; password: string }) => post('login', body),
    onSuccess: onDone,
  })
}

export function useLogout() {
  const queryClient = useQueryClient()
  return useMutation({ mutationFn: () => post('logout', {}), onSuccess: () => queryClient.resetQueries() })
}
