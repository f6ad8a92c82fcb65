/** Traces from files: the server reads them and stores nothing, so the file itself is what is kept, in this page and as long as it is open. */
import type { QueryClient } from '@tanstack/react-query'
import { ApiError } from '../pure/problem'
import type { TraceModel } from '../pure/trace'
import type { FileTrace } from '../pure/traceFile'
import { postFile } from './client'
import type { Attribute, SpanDetail } from './types'

export type FileAsk = { open: ArrayBuffer } | { span: string } | { values: readonly string[] }
export type FileReply = { n: number; result?: unknown; error?: string }

export interface TraceFile {
  readonly name: string
  readonly file: Blob
  /** traces of the file, the largest first */
  readonly traces: readonly FileTrace[]
  /** everything about a span; several where ids repeat */
  span(id: string): Promise<SpanDetail[]>
  /** attributes of the spans that have one of them; keys are spelt as in a filter */
  values(keys: readonly string[]): Promise<{ span_id: string; values: (Attribute | null)[] }[]>
  /** lets go of what is held; nothing more is answered */
  close(): void
}

/** A file that is open and has the trace, be it another of its traces that is shown. */
export function fileWith(client: QueryClient, id: string): TraceFile | undefined {
  return traceFileOf(client, id) ?? client.getQueriesData<TraceFile>({ queryKey: ['trace-file'] }).find(([, file]) => file?.traces.some((t) => t.trace_id === id))?.[1]
}

const keyOf = (id: string) => ['trace-file', id] as const

export function traceFileOf(client: QueryClient, id: string): TraceFile | undefined {
  return client.getQueryData<TraceFile>(keyOf(id))
}

/** Has a file read and keeps it; gives its largest trace, or the one that is named. */
export async function readTraceFile(client: QueryClient, file: Blob, name: string, ask: { trace_id?: string; skew?: string }, signal?: AbortSignal): Promise<TraceModel> {
  const bytes = await postFile('trace-file', ask, file, signal)
  const held = holder()
  try {
    // The worker is ours: it answers each question with its kind.
    const { trace, traces } = (await held.ask({ open: bytes }, [bytes])) as { trace: TraceModel; traces: TraceFile['traces'] }
    const kept: TraceFile = {
      name, file, traces, close: held.close,
      span: (id) => held.ask({ span: id }) as Promise<SpanDetail[]>,
      values: (keys) => held.ask({ values: keys }) as ReturnType<TraceFile['values']>,
    }
    traceFileOf(client, trace.traceId)?.close()
    client.setQueryDefaults(['trace-file'], { gcTime: Infinity, staleTime: Infinity, structuralSharing: false })
    client.setQueryData<TraceFile>(keyOf(trace.traceId), kept)
    // What was read of a file before with the same trace is of no use.
    client.removeQueries({ predicate: ({ queryKey: k }) => k.includes(trace.traceId) && k.at(-1) === 'file' && k[0] !== 'trace' })
    return trace
  } catch (cause) {
    held.close()
    throw cause
  }
}

/** A worker that is asked and answers, in any order. */
function holder() {
  const worker = new Worker(new URL('./file.worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (cause: Error) => void }>()
  const failAll = (cause: Error) => {
    for (const w of waiting.values()) w.reject(cause)
    waiting.clear()
  }
  worker.onmessage = ({ data: { n, result, error } }: MessageEvent<FileReply>) => {
    const w = waiting.get(n)
    waiting.delete(n)
    if (error === undefined) w?.resolve(result)
    else w?.reject(new Error(`This file could not be shown: ${error}`))
  }
  worker.onerror = (event) => failAll(new Error(`This file could not be shown: ${event.message}`))
  let last = 0
  return {
    ask: (ask: FileAsk, transfer: Transferable[] = []) =>
      new Promise((resolve, reject) => {
        const n = ++last
        waiting.set(n, { resolve, reject })
        worker.postMessage({ n, ask }, transfer)
      }),
    close: () => {
      worker.terminate()
      failAll(new Error('Another file with this trace was opened.'))
    },
  }
}

/** What is asked of a trace whose file is not open here: a link that was shared, or a page that was loaded anew. */
export function fileClosed(): ApiError {
  return new ApiError(404, 'file_closed', 'This trace came from a file that is not open here.', 'It was never stored, so a link to it shows nothing. Open the file again.', '', null)
}
