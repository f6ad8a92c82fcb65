/** The newest trace, asked for again and again: whether a sender's spans arrive. */
import { useQuery } from '@tanstack/react-query'
import type { Range } from '../pure/time'
import { get } from './client'
import type { TracePage } from './types'

/** The newest trace that matches, or null. */
export function useNewestTrace(q: string, range: Range, everyMs: number) {
  return useQuery({
    queryKey: ['traces', 'newest', q, range],
    queryFn: async ({ signal }) => (await get<TracePage>('traces', { q, ...range, limit: 1 }, signal)).traces[0] ?? null,
    refetchInterval: everyMs,
    staleTime: 0,
  })
}
