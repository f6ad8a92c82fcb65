import type { TraceSummary } from '../api/types'
import { epochMsOfRFC3339 } from './units'

/** Around the known bounds, for spans whose clocks differ and for those that arrive late. */
const MARGIN_MS = 60_000

/** Where in time a trace lies, in ms since 1970, so that opening it reads a minute instead of every day kept. */
export function hintOf(trace: Pick<TraceSummary, 'start' | 'duration_ns'>): { start: string; end: string } {
  const start = epochMsOfRFC3339(trace.start)
  return { start: String(Math.floor(start) - MARGIN_MS), end: String(Math.ceil(start + trace.duration_ns / 1e6) + MARGIN_MS) }
}
