import { useMemo, useState } from 'react'
import type { Scope } from '../../api/hooks'
import { useScope } from '../../nav'
import type { TraceModel } from '../../pure/trace'
import { rangeAround } from '../../pure/traceRank'
import { epochMsOfNanos } from '../../pure/units'

/** Where the others of a span's operation are looked for: the page's range if the trace lies in it, else around the trace. */
export function useTraceScope(trace: TraceModel, env: string): Scope {
  const { range } = useScope()
  // Fixed while the trace is read: figures that move by themselves would say nothing of its spans.
  const [now] = useState(() => Date.now())
  return useMemo(() => ({ range: rangeAround(range, epochMsOfNanos(trace.start), now), env: env === '' ? undefined : env }), [range, trace.start, now, env])
}
