/** Exceptions grouped by fingerprint. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { Scope } from './hooks'
import { LIVE_MS } from './live'
import { get } from './client'

export type ExceptionSort = 'count' | 'last_seen' | 'first_seen'

export type ExceptionGroup = {
  /** 16 hex digits. */
  fingerprint: string
  service: string
  type: string
  /** Of the newest. */
  message: string
  /** The top frame of the service's own code; '' without a stack trace. */
  place: string
  operations: string[]
  /** In the range, weighted. */
  count: number
  escaped: boolean | null
  /** In all that is kept. */
  first_seen: string
  last_seen: string
  /** Of the span on which it was first seen. */
  version: string
  new: boolean
  new_in_version: boolean
  series: { step_s: number; start: string; count: number[] }
}

export type ExceptionPage = { exceptions: ExceptionGroup[]; groups: number; complete: boolean; next_cursor: string | null }

export type ExceptionDetail = ExceptionGroup & {
  versions: { name: string; count: number; first_seen: string; last_seen: string }[]
  operation_counts: { name: string; count: number }[]
  examples: { trace_id: string; span_id: string; start: string; operation: string; version: string; message: string }[]
  stacktrace: { text: string; trace_id: string; span_id: string } | null
}

export type ExceptionFilter = { q?: string; service?: string; sort?: ExceptionSort }

const within = (scope: Scope) => ({ ...scope.range, env: scope.env, namespace: scope.namespace })

export function useExceptions(filter: ExceptionFilter, scope: Scope) {
  return useInfiniteQuery({
    queryKey: ['exceptions', filter, scope.range, scope.env, scope.namespace],
    queryFn: ({ signal, pageParam }) => get<ExceptionPage>('exceptions', { ...filter, ...within(scope), cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    refetchInterval: scope.live === true ? LIVE_MS : false,
  })
}

export function useException(fingerprint: string, scope: Scope) {
  return useQuery({
    queryKey: ['exceptions', fingerprint, scope.range, scope.env, scope.namespace],
    queryFn: ({ signal }) => get<ExceptionDetail>(`exceptions/${encodeURIComponent(fingerprint)}`, within(scope), signal),
    staleTime: 15_000,
  })
}
