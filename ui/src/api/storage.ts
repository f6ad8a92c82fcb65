/** What is stored, what it takes and will take, and who sends it. The server computes it at most every 30 seconds. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get } from './client'

export type StoredSignal = 'traces' | 'logs' | 'metrics' | 'rollups' | 'shared'

export type SignalStorage = {
  signal: StoredSignal
  /** Spans, log records or data points; 0 for rollups and what is shared. */
  items: number
  bytes: number
  /** Of new data without a rule for its service; 0: none. */
  retention_days: number
  /** `days` as it was written, `keep_days` as it is kept now. */
  classes: { days: number; keep_days: number; bytes: number; oldest: string; newest: string }[]
  /** Oldest first; of rollups weeks, by their first day. */
  days: { day: string; items: number; bytes: number }[]
  bytes_per_day: number
  basis: 'none' | 'hour' | 'today' | 'days'
  /** Once the oldest data is as old as it is kept; 0: not known. */
  projected_bytes: number
}

export type Disk = { free_bytes: number; total_bytes: number; reserve_bytes: number; full_in_days: number | null }

export type Storage = {
  computed: string
  signals: SignalStorage[]
  tables: { table: string; signal: string; rows: number; bytes: number; parts: number }[]
  disk: Disk | null
  /** By the times of their items; most first. */
  services: { service: string; items: Record<string, number> }[]
  window_s: number
  dead_letters: { file: string; bytes: number; letters: number; last: { time: string; signal: string; reason: string; error: string; items: number } | null } | null
  dropping: { looked: string | null; partitions: number; dropped_bytes: number; held: string[]; error: string }
}

const EVERY_MS = 30_000

export function useStorage() {
  return useQuery({
    queryKey: ['status', 'storage'],
    queryFn: ({ signal }) => get<Storage>('status/storage', {}, signal),
    refetchInterval: EVERY_MS,
    staleTime: EVERY_MS / 2,
    placeholderData: keepPreviousData,
  })
}
