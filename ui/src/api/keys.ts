/** The keys that senders and programs show; people alone may manage them. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post, remove } from './client'

export type KeyScope = 'ingest' | 'read'

export type Key = {
  id: string
  name: string
  scope: KeyScope
  project: string
  created: string
  /** To the second, since the server started; null: not since then. */
  last_used: string | null
}

export type Keys = {
  /** Oldest first. */
  keys: Key[]
  /** Senders must show one now. */
  required: boolean
  /** Programs that read must show one, too. */
  login: boolean
}

/** `key` is its text, told this once. */
export type NewKey = { id: string; key: string; name: string; scope: KeyScope; project: string; created: string }

export const keysQuery = () => queryOptions({ queryKey: ['keys'], queryFn: ({ signal }) => get<Keys>('keys', {}, signal), staleTime: 5_000 })

export function useKeys(everyMs: number | false = false) {
  return useQuery({ ...keysQuery(), refetchInterval: everyMs })
}

export function useCreateKey() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { name: string; scope: KeyScope }) => post<NewKey>('keys', body),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
    gcTime: 0, // the answer has the key's text
  })
}

export function useRevokeKey() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => remove(`keys/${encodeURIComponent(id)}`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
  })
}
