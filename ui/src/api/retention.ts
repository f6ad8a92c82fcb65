/** For how long data is kept; people alone may change it. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, put } from './client'

export type RetentionSignal = 'traces' | 'logs' | 'metrics' | 'rollups'

export type RetentionValue = {
  signal: RetentionSignal
  /** 0: as everything else. */
  days: number
  from: 'here' | 'file' | 'environment' | 'default'
  /** Of the config file or of the environment's variable. */
  name: string
  /** What it would be if nothing were set here; 0: the service would have none of its own. */
  without: number
}

/** What is set here, over the configuration, in days. Of a service 0 is as everything else, whatever is configured. */
export type RetentionSettings = { signals: Partial<Record<RetentionSignal, number>>; services: Record<string, Partial<Record<RetentionSignal, number>>> }

export type RetentionDrop = { signal: string; class_days: number; keep_days: number; partitions: number; rows: number; bytes: number; oldest: string; newest: string }

export type RetentionHeld = { signal: string; since: string; partitions: number; bytes: number; of: number }

export type Retention = {
  revision: number
  changed: string | null
  by: string
  max_classes: number
  classes: number[]
  signals: RetentionValue[]
  services: { service: string; values: RetentionValue[] }[]
  set: RetentionSettings
  /** What the change drops, or would drop, at once. */
  drops: RetentionDrop[]
  /** What waits for a person, because the clock may be wrong. */
  held: RetentionHeld[]
}

export type RetentionChange = { revision: number; set: RetentionSettings; approve?: boolean }

export function useRetention() {
  return useQuery({ queryKey: ['retention'], queryFn: ({ signal }) => get<Retention>('retention', {}, signal), staleTime: 5_000 })
}

/** What a change would do; null asks for nothing. */
export function useRetentionTrial(change: RetentionChange | null) {
  return useQuery({
    queryKey: ['retention-trial', change],
    queryFn: () => put<Retention>('retention', { dry_run: true }, change ?? {}),
    enabled: change !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 10_000,
    gcTime: 60_000,
  })
}

export function useChangeRetention() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (change: RetentionChange) => put<Retention>('retention', {}, change),
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: ['retention'] })
      await queryClient.invalidateQueries({ queryKey: ['status'] })
    },
  })
}
