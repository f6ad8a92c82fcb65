// What is known of the spans of a trace that came from a file; the server stores none of it, so all of it is here.
import type { Attribute, SpanDetail } from '../api/types'
import type { TraceWire } from './trace'

type Resource = SpanDetail['resource']

/** The answer about a file. A resource comes once, and `resource_of` says which is that of each of `details`. */
export type FileAnswer = { traces: { trace_id: string; spans: number }[]; trace: TraceWire; details: SpanDetail[]; resources: Resource[]; resource_of: number[] }

export interface FileSpans {
  /** everything about a span; several where ids repeat */
  span(id: string): readonly SpanDetail[]
  /** attributes of the spans that have one of them; keys are spelt as in a filter */
  values(keys: readonly string[]): { span_id: string; values: (Attribute | null)[] }[]
}

export function fileSpans({ details, resources, resource_of }: Pick<FileAnswer, 'details' | 'resources' | 'resource_of'>): FileSpans {
  const byId = new Map<string, SpanDetail[]>()
  details.forEach((d, i) => {
    const whole = { ...d, resource: resources[resource_of[i]] ?? d.resource }
    const same = byId.get(d.span_id)
    if (same) same.push(whole)
    else byId.set(d.span_id, [whole])
  })
  return {
    span: (id) => byId.get(id) ?? [],
    values: (keys) =>
      [...byId].flatMap(([span_id, [first]]) => {
        const values = keys.map((key) => attributeOf(first, key))
        return values.some((v) => v !== null) ? [{ span_id, values }] : []
      }),
  }
}

/** A key without a place is the span's own before it is its resource's, one with a dot before it is the span's. */
function attributeOf(span: SpanDetail, key: string): Attribute | null {
  const find = (list: readonly Attribute[], name: string) => list.find((a) => a.key === name)
  const of = key.startsWith('resource.') ? find(span.resource.attributes, key.slice('resource.'.length)) : key.startsWith('.') ? find(span.attributes, key.slice(1)) : undefined
  return of ?? find(span.attributes, key) ?? find(span.resource.attributes, key) ?? null
}
