/** Traces from files: the server reads them and stores nothing, so the file itself is what is kept, in this page and as long as it is open. */
import type { QueryClient } from '@tanstack/react-query'
import { decodeTrace, type TraceModel, type TraceWire } from '../pure/trace'
import { ApiError } from '../pure/problem'
import { postFile } from './client'
import type { SpanDetail } from './types'

export interface TraceFile {
  readonly name: string
  readonly file: Blob
  /** everything about its spans, by id; several where ids repeat */
  readonly details: ReadonlyMap<string, readonly SpanDetail[]>
  /** traces of the file, the largest first */
  readonly traces: readonly { readonly trace_id: string; readonly spans: number }[]
}

type Answer = { traces: { trace_id: string; spans: number }[]; trace: TraceWire; details: SpanDetail[] }

const keyOf = (id: string) => ['trace-file', id] as const

export function traceFileOf(client: QueryClient, id: string): TraceFile | undefined {
  return client.getQueryData<TraceFile>(keyOf(id))
}

/** Has a file read and keeps it; gives its largest trace, or the one that is named. */
export async function readTraceFile(client: QueryClient, file: Blob, name: string, ask: { trace_id?: string; skew?: string }, signal?: AbortSignal): Promise<TraceModel> {
  const bytes = await postFile('trace-file', ask, file, signal)
  // The server's own tests hold its answers to docs/openapi.yaml; see client.ts.
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as Answer
  const details = new Map<string, SpanDetail[]>()
  for (const d of answer.details) {
    const same = details.get(d.span_id)
    if (same) same.push(d)
    else details.set(d.span_id, [d])
  }
  client.setQueryDefaults(['trace-file'], { gcTime: Infinity, staleTime: Infinity })
  client.setQueryData<TraceFile>(keyOf(answer.trace.trace_id), { name, file, details, traces: answer.traces })
  return decodeTrace(answer.trace)
}

/** What is asked of a trace whose file is not open here: a link that was shared, or a page that was loaded anew. */
export function fileClosed(): ApiError {
  return new ApiError(404, 'file_closed', 'This trace came from a file that is not open here.', 'It was never stored, so a link to it shows nothing. Open the file again.', '', null)
}
