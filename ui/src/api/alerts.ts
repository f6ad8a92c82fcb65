/** Alerts by rules over metrics and spans: what fires now, or what did in a stretch of time. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { pastOf } from '../pure/alerts'
import type { Range } from '../pure/time'
import { get } from './client'
import { LIVE_MS } from './live'

/** What an alert is about, from its labels; texts are empty where these do not say. */
export type AlertTarget = { service: string; env: string; namespace: string; operation: string; node: string; node_type: string }

export type Alert = {
  id: string
  rule: string
  group: string
  /** A resolved one is over: of a range in the past. */
  state: 'firing' | 'pending' | 'resolved'
  /** The label `severity`; empty without one. */
  severity: string
  labels: Record<string, string>
  annotations: Record<string, string>
  /** When its condition began to hold. */
  since: string
  firing_since: string | null
  ended: string | null
  /** Null where it is no number. */
  value: number | null
  /** PromQL. */
  query: string
  target: AlertTarget
}

export type AlertRule = {
  name: string
  kind: 'alerting' | 'recording'
  query: string
  for_s: number
  keep_firing_for_s: number
  state: 'inactive' | 'pending' | 'firing'
  health: 'ok' | 'err' | 'unknown'
  error: string
  labels: Record<string, string>
  annotations: Record<string, string>
  last_evaluation: string | null
  evaluation_ms: number
}

export type RuleGroup = { name: string; file: string; interval_s: number; last_evaluation: string | null; evaluation_ms: number; rules: AlertRule[] }

export type Alerts = {
  at: string
  /** Whether rule files are named at all. */
  configured: boolean
  from: string
  to: string
  counts: { firing: number; pending: number }
  alerts: Alert[]
  groups: RuleGroup[]
  /** Why rule files could not be read. */
  problems: string[]
}

/** Rules are evaluated every so many seconds; asking more often shows nothing new. */
const NOW_MS = 15_000

/** What fires and waits now. Every page shows how many, so one answer serves all. */
export function useAlertsNow(live = false) {
  return useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => get<Alerts>('alerts', {}, signal),
    refetchInterval: live ? LIVE_MS : NOW_MS,
    staleTime: LIVE_MS,
  })
}

/** What fired and waited in a stretch of time; null asks for nothing. */
export function useAlertsIn(range: Range | null, live = false) {
  return useQuery({
    queryKey: ['alerts', range],
    queryFn: ({ signal }) => get<Alerts>('alerts', { ...range }, signal),
    enabled: range !== null,
    refetchInterval: live ? LIVE_MS : false,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
}

/** What fires now where the range ends now, else what fired in it. `now` is of the caller's clock. */
export function useAlertsOf(range: Range, now: number, live = false): { alerts: readonly Alert[]; past: boolean } {
  const past = pastOf(range, now)
  const at = useAlertsNow(live && past === null)
  const then = useAlertsIn(past)
  return { alerts: (past === null ? at.data?.alerts : then.data?.alerts) ?? NONE, past: past !== null }
}

const NONE: readonly Alert[] = []
