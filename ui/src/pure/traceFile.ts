// What is known of the spans of a trace that came from a file; the server stores none of it, so all of it is here.
import type { Attribute, SpanDetail } from '../api/types'
import type { TraceWire } from './trace'
import type { Nanos } from './units'

type Resource = SpanDetail['resource']

/** What there is to choose a trace of a file by; times as sent. */
export type FileTrace = { trace_id: string; spans: number; errors: number; /** RFC 3339 */ start: string; duration_ns: Nanos; /** the first span without a parent */ root: { service: string; name: string } | null }

/** The answer about a file, but for `details`. A resource comes once, and `resource_of` says which is that of each span, in the order of the columns. */
export type FileHead = { traces: FileTrace[]; trace: TraceWire; resources: Resource[]; resource_of: number[] }

export interface FileSpans {
  /** everything about a span; several where ids repeat */
  span(id: string): readonly SpanDetail[]
  /** attributes of the spans that have one of them; keys are spelt as in a filter */
  values(keys: readonly string[]): { span_id: string; values: (Attribute | null)[] }[]
}

const NEWLINE = 10

/**
 * Reads the answer's bytes. `details` is its last member and each of them a line, in the order of the columns: a line is
 * read when it is asked for, since all together are more than a text of JavaScript may have, and many times that as objects.
 */
export function readFileAnswer(bytes: Uint8Array): { head: FileHead; spans: FileSpans } {
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to))
  const lines: number[] = [] // where each begins
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(NEWLINE, at + 1)) lines.push(at + 1)
  // Without spans there are no lines. The server's own tests hold its answers to docs/openapi.yaml; see api/client.ts.
  const head = JSON.parse(lines.length > 0 ? `${text(0, lines[0] - 1)}]}` : text(0, bytes.length)) as FileHead
  const rows = new Map<string, number[]>()
  head.trace.spans.id.forEach((id, i) => {
    const same = rows.get(id)
    if (same) same.push(i)
    else rows.set(id, [i])
  })
  const detail = (row: number): SpanDetail => {
    // A comma stands after a line, and after the last one what closes the answer.
    const line = text(lines[row], lines[row + 1] ?? bytes.length).replace(row + 1 < lines.length ? /,\s*$/ : /\]\}\s*$/, '')
    const read = JSON.parse(line) as SpanDetail
    return { ...read, resource: head.resources[head.resource_of[row]] ?? read.resource }
  }
  return {
    head,
    spans: {
      span: (id) => (rows.get(id) ?? []).map(detail),
      values: (keys) =>
        [...rows].flatMap(([span_id, [row]]) => {
          const span = detail(row)
          const values = keys.map((key) => attributeOf(span, key))
          return values.some((v) => v !== null) ? [{ span_id, values }] : []
        }),
    },
  }
}

/** A key without a place is the span's own before it is its resource's, one with a dot before it is the span's. */
function attributeOf(span: SpanDetail, key: string): Attribute | null {
  const find = (list: readonly Attribute[], name: string) => list.find((a) => a.key === name)
  const of = key.startsWith('resource.') ? find(span.resource.attributes, key.slice('resource.'.length)) : key.startsWith('.') ? find(span.attributes, key.slice(1)) : undefined
  return of ?? find(span.attributes, key) ?? find(span.resource.attributes, key) ?? null
}
