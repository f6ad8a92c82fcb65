// Attributes that stand in the timeline beside the names.
import type { SpanRow } from '../api/types'
import { spanId, type TraceModel } from './trace'

export interface RowValue {
  readonly key: string
  readonly value: string
}

/** By row; spans without any of the keys are not in it. */
export function valuesByRow(trace: TraceModel, found: readonly Pick<SpanRow, 'span_id' | 'values'>[], keys: readonly string[]): Map<number, RowValue[]> {
  const byId = new Map(found.map((s) => [s.span_id, s]))
  const out = new Map<number, RowValue[]>()
  if (byId.size === 0) return out
  for (let i = 0; i < trace.spans.count; i++) {
    const values = byId.get(spanId(trace.spans, i))?.values.flatMap((v, k) => (v === null || keys[k] === undefined ? [] : [{ key: keys[k], value: v.value }]))
    if (values !== undefined && values.length > 0) out.set(i, values)
  }
  return out
}
