import type { Apdex } from '../api/types'
import { formatDuration } from '../pure/format'

/** How satisfied callers are; what it is measured by in its tooltip. A dash where there were no requests. */
export function ApdexScore({ apdex }: { apdex: Apdex | null | undefined }) {
  if (!apdex) return <span title="No requests">–</span>
  const { score, threshold_ns } = apdex
  return (
    <span title={`How satisfied callers are, from 0 to 1: within ${formatDuration(threshold_ns)} satisfies, within ${formatDuration(4 * threshold_ns)} counts half, slower ones and faults not at all`}>
      {score.toFixed(2)}
    </span>
  )
}
