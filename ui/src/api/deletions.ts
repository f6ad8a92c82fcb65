/** What was deleted for good, and deleting; people alone may. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post, removeFor } from './client'

export type DeletionState = 'waiting' | 'deleting' | 'cleaning' | 'done'

export type Deletion = {
  id: string
  by: string
  created: string
  reason: string
  /** Either a trace or a filter. */
  trace_id: string | null
  filter: string | null
  from: string | null
  to: string | null
  state: DeletionState
  /** Of the last try. */
  error: string
  spans: number
  traces: number
  logs: number
  /** There is more than was counted. */
  more: boolean
  hidden: string | null
  gone: string | null
}

export type DeletionRequest = { filter: string; from: string; to: string; reason: string }

export function useDeletions() {
  return useQuery({
    queryKey: ['deletions'],
    queryFn: ({ signal }) => get<{ deletions: Deletion[] }>('deletions', {}, signal),
    refetchInterval: (query) => (query.state.data?.deletions.some((d) => d.state !== 'done') === true ? 2000 : false),
  })
}

/** What a request would delete; null asks for nothing. */
export function useDeletionTrial(request: DeletionRequest | null) {
  return useQuery({
    queryKey: ['deletion-trial', request],
    queryFn: () => post<Deletion>('deletions?dry_run=true', { ...request }),
    enabled: request !== null,
    retry: false,
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  })
}

export function useTraceTrial(traceId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['deletion-trial', traceId],
    queryFn: () => removeFor<Deletion>(`traces/${traceId}`, { dry_run: true }),
    enabled,
    retry: false,
    gcTime: 0,
  })
}

export function useDelete() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (request: DeletionRequest) => post<Deletion>('deletions', request),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['deletions'] }),
  })
}

export function useDeleteTrace() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ traceId, reason }: { traceId: string; reason: string }) => removeFor<Deletion>(`traces/${traceId}`, { reason }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['deletions'] }),
  })
}
