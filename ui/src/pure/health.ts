import type { Ingest, Status } from '../api/types'

/** How an instance fares, in one word; unknown counts as ok, so that nothing blinks while the page loads. */
export type Health = 'ok' | 'warn' | 'bad'

/** Items older than this in the journal mean that storing falls behind. */
const LAG_WARN_MS = 30_000

export function healthOf(status: Status | undefined): Health {
  if (status === undefined) return 'ok'
  if (status.engine.state === 'failed') return 'bad'
  const full = status.journal.max_bytes > 0 ? status.journal.bytes / status.journal.max_bytes : 0
  if (full > 0.9) return 'bad'
  const lost = Object.values(status.ingest).some((s) => s.dead_letter > 0)
  if (lost || status.engine.state !== 'ready' || full > 0.5 || status.lag_ms > LAG_WARN_MS || status.warnings.length > 0) return 'warn'
  return 'ok'
}

const total = (by: Record<string, number>): number => Object.values(by).reduce((a, b) => a + b, 0)

/** received = stored + rejected + dropped + deduplicated + in_journal + dead_letter; counters are read one after the other, so a few may be missing. */
export function balanceOf(ingest: Ingest): { rejected: number; dropped: number; missing: number } {
  const rejected = total(ingest.rejected)
  const dropped = total(ingest.dropped_by_pipeline)
  return { rejected, dropped, missing: ingest.received - ingest.stored - rejected - dropped - ingest.deduplicated - ingest.in_journal - ingest.dead_letter }
}

/** Whether no span was ever stored here, as far as is known: there may be log records and metrics. */
export const noSpans = (status: Status | undefined): boolean => status !== undefined && status.storage.spans_rows === 0 && (status.ingest.traces?.stored ?? 0) === 0

/** Where to begin: with the map, or with what there is to see without a span. */
export function homeOf(status: Status | null): '/start' | '/status' | '/map' {
  if (status === null || !noSpans(status)) return '/map'
  return status.has_data ? '/status' : '/start'
}
