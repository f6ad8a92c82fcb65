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

/** received = stored + rejected + deduplicated + in_journal + dead_letter; counters are read one after the other, so a few may be missing. */
export function balanceOf(ingest: Ingest): { rejected: number; missing: number } {
  const rejected = Object.values(ingest.rejected).reduce((a, b) => a + b, 0)
  return { rejected, missing: ingest.received - ingest.stored - rejected - ingest.deduplicated - ingest.in_journal - ingest.dead_letter }
}
