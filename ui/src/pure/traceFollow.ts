// Whether an open trace is asked for again, since spans of it may still come, and how soon.
import { PATIENCE_MS } from './hint'
import type { TraceModel } from './trace'
import { epochMsOfNanos, type EpochMs, MILLISECOND, MINUTE_MS } from './units'

type Followed = Pick<TraceModel, 'start' | 'duration' | 'inProgress' | 'root' | 'spanCount' | 'truncated'>

/** Between two questions, in ms; of a trace in which little happens, or that is large, more. */
const SOONEST_MS = 5000
const LATEST_MS = MINUTE_MS
/** How long after the last known end spans in progress are waited for. */
const QUIET_MS = 60 * MINUTE_MS
/** How often a page asks at most, whatever the clocks say: an hour of the soonest. */
const MOST = 720

/**
 * In ms, or null when the trace is not followed: it is whole, it has been quiet for too long, or it is so large that a new answer would drop what was
 * brought since. `answers` is how many there were.
 */
export function followEvery(trace: Followed, now: EpochMs, answers = 0): number | null {
  const quiet = Math.max(0, now - (epochMsOfNanos(trace.start) + trace.duration / MILLISECOND))
  const waits = trace.inProgress ? quiet < QUIET_MS : trace.root === null && quiet < PATIENCE_MS
  if (!waits || trace.truncated !== null || answers > MOST) return null
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, quiet / 20, trace.spanCount / 20))
}

/** What is said of it beside the trace's other facts; empty for a trace that nothing more is expected of. */
export function followText(trace: Followed, now: EpochMs): '' | 'still arriving' | 'not ended, no longer followed' {
  if (followEvery(trace, now) !== null) return 'still arriving'
  return trace.inProgress ? 'not ended, no longer followed' : ''
}
