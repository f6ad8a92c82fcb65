import type { TraceSummary } from '../api/types'
import { type EpochMs, epochMsOfRFC3339 } from './units'

/** Around the known bounds, for spans whose clocks differ and for those that arrive late. */
const MARGIN_MS = 60_000

/** Where in time a trace lies, in ms since 1970, so that opening it reads a minute instead of every day kept. */
export function hintOf(trace: Pick<TraceSummary, 'start' | 'duration_ns'>): { start: string; end: string } {
  const start = epochMsOfRFC3339(trace.start)
  return { start: String(Math.floor(start) - MARGIN_MS), end: String(Math.ceil(start + trace.duration_ns / 1e6) + MARGIN_MS) }
}

/** Spans of one request are sent by their services every few seconds; a root missing for longer is missing. */
export const PATIENCE_MS = 60_000

/** What to say of a trace that is not whole; empty for one that is. */
export function arrival(trace: Pick<TraceSummary, 'start' | 'duration_ns' | 'root' | 'in_progress'>, now: EpochMs): '' | 'arriving' | 'no root' {
  const ended = epochMsOfRFC3339(trace.start) + trace.duration_ns / 1e6
  if (trace.in_progress || (trace.root === null && now - ended < PATIENCE_MS)) return 'arriving'
  return trace.root === null ? 'no root' : ''
}
