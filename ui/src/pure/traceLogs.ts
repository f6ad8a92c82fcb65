// Log records beside spans: where in the trace they stand.
import { rowOfSpan, type TraceModel } from './trace'
import type { Nanos } from './units'

export interface PlacedLog {
  /** ns after the trace's start; negative before it */
  readonly at: Nanos
  /** the span that it was written in, -1 where that is not in the trace or not here */
  readonly row: number
}

/** Where records stand in a trace; the order is that of the records. */
export function placeLogs(trace: Pick<TraceModel, 'start' | 'spans'>, records: readonly { time: string; time_unix_nano: string; span_id: string }[]): PlacedLog[] {
  const start = BigInt(trace.start)
  const rows = new Map<string, number>()
  return records.map((r) => {
    let row = rows.get(r.span_id)
    if (row === undefined) {
      row = r.span_id === '' ? -1 : rowOfSpan(trace.spans, r.span_id)
      rows.set(r.span_id, row)
    }
    const at = r.time_unix_nano !== '0' ? BigInt(r.time_unix_nano) : BigInt(Date.parse(r.time)) * 1_000_000n
    // Clocks that were put right moved the spans; what they wrote moves along.
    return { at: Number(at - start) + (row >= 0 ? trace.spans.skew[row] : 0), row }
  })
}
