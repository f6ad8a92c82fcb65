/** The log records of a trace, oldest first. */
import { useQuery } from '@tanstack/react-query'
import { addNanos } from '../pure/units'
import type { TraceModel } from '../pure/trace'
import { get } from './client'
import type { Attribute } from './types'

export const SEVERITIES = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export type LogRecord = {
  id: string
  /** RFC 3339 */
  time: string
  /** decimal ns since 1970; 0 where it was not sent */
  time_unix_nano: string
  observed_time_unix_nano: string
  trace_id: string
  span_id: string
  flags: number
  severity: (typeof SEVERITIES)[number]
  severity_number: number
  severity_text: string
  event_name: string
  body: { type: Attribute['type']; value: string }
  body_bytes: number
  service: string
  namespace: string
  env: string
  version: string
  attributes: Attribute[]
  dropped_attributes: number
  scope: { name: string; version: string; schema_url: string; attributes: Attribute[]; dropped_attributes: number }
}

export type TraceRecords = { records: LogRecord[]; more: boolean }

/** Of the whole trace, or of one of its spans; null asks for nothing. */
export function useTraceLogs(trace: Pick<TraceModel, 'traceId' | 'start' | 'duration'>, span: string | null | undefined, enabled: boolean) {
  return useQuery({
    queryKey: ['trace-logs', trace.traceId, span ?? ''],
    queryFn: ({ signal }) => get<TraceRecords>(`traces/${trace.traceId}/logs`, { start: trace.start, end: addNanos(trace.start, trace.duration), span_id: span ?? undefined }, signal),
    enabled: enabled && span !== null,
    staleTime: 60_000,
  })
}
