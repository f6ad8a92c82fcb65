/** A trace in a few lines: which services took the time, and what failed. */
import { CLASSES, type SpanClass, spanId, type TraceModel } from './trace'
import type { Nanos } from './units'

export type ServiceShare = { name: string; /** own time, ns */ self: Nanos; /** of all own time, 0 to 1 */ share: number; spans: number; errors: number }

/** The services by the time that is their own, the longest first. */
export function sharesOf(trace: Pick<TraceModel, 'services'>): ServiceShare[] {
  const all = trace.services.reduce((sum, s) => sum + s.self_ns, 0)
  return trace.services
    .map((s) => ({ name: s.name, self: s.self_ns, share: all === 0 ? 0 : s.self_ns / all, spans: s.spans, errors: s.errors }))
    .sort((a, b) => b.self - a.self)
}

export type Failure = { id: string; service: string; name: string; class: SpanClass; duration: Nanos }

/** The most interesting failures. */
export function failuresOf(trace: TraceModel, most: number): Failure[] {
  return Array.from(trace.errors.slice(0, most), (row) => ({
    id: spanId(trace.spans, row),
    service: trace.services[trace.spans.service[row]]?.name ?? '',
    name: trace.names[trace.spans.name[row]] ?? '',
    class: CLASSES[trace.spans.klass[row]] ?? 'fault',
    duration: trace.spans.duration[row],
  }))
}
