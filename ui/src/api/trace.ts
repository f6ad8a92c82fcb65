/** A whole trace as columns. Large ones are parsed in a Worker, so that the page stays alive meanwhile. */
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { decodeTrace, type TraceModel, type TraceWire } from '../pure/trace'
import { followEvery } from '../pure/traceFollow'
import { epochMsOfNanos, MILLISECOND, MINUTE_MS } from '../pure/units'
import { get, getBytes } from './client'
import { fileClosed, fileWith, readTraceFile, traceFileOf } from './traceFile'
import type { SpanPage, SpanRow, TraceChildren } from './types'

export type TraceHint = {
  /** `start` and `end` bound the search in time; without them the server asks its index. */
  start?: string
  end?: string
  /** Times as they were sent, not moved to make up for skewed clocks. */
  skew?: 'off'
  /** It is no stored trace but one of a file that was opened in this page. */
  file?: boolean
}

/** Answers below this many bytes parse in less than a frame. */
const SMALL = 400_000

export const traceQuery = (id: string, hint: TraceHint = {}) =>
  queryOptions({
    // The bounds in time only make the answer faster; they are no part of what is asked.
    queryKey: ['trace', id, hint.skew ?? 'on', ...(hint.file === true ? ['file'] : [])],
    queryFn: async ({ signal, client }) => {
      const { file, ...query } = hint
      if (file !== true) return decode(await getBytes(`traces/${id}`, query, signal), signal)
      const kept = fileWith(client, id)
      if (kept === undefined) throw fileClosed()
      return readTraceFile(client, kept.file, kept.name, { trace_id: id, skew: hint.skew }, signal)
    },
    // What a large trace left out is put in as it is asked for; an answer that takes its place would drop it.
    staleTime: (query) => (query.state.data?.truncated ? Infinity : 60_000),
    // Columns are large and never change in place: comparing them with the ones before would cost more than drawing.
    structuralSharing: false,
  })

export function useTrace(id: string, hint: TraceHint = {}) {
  return useQuery({
    ...traceQuery(id, hint),
    // A trace whose spans still arrive is asked for again, until it is whole or nothing has come for long.
    refetchInterval: ({ state }) => (hint.file !== true && state.data !== undefined && followEvery(state.data, Date.now(), state.dataUpdateCount)) || false,
  })
}

/** Brings a trace before it is opened. */
export function usePrefetchTrace(): (id: string, hint: TraceHint) => void {
  const queryClient = useQueryClient()
  return (id, hint) => void queryClient.prefetchQuery(traceQuery(id, hint))
}

/** How many spans a click brings. */
const MORE = 2000

/** Spans that a large trace's answer left out below one of its spans; `from` is the `next` of the answer before. */
export const childrenQuery = (id: string, span: string, from: number, hint: TraceHint = {}) =>
  queryOptions({
    queryKey: ['trace', id, hint.skew ?? 'on', 'children', span, from],
    queryFn: ({ signal }) => get<TraceChildren>(`traces/${id}/children`, { span_id: span, from, limit: MORE, start: hint.start, end: hint.end, skew: hint.skew }, signal),
    staleTime: Infinity,
    gcTime: 0, // the spans live on in the trace that they are put into
  })

/** Reads a trace from a file and then shows it. */
export function useTraceFile(show: (traceId: string) => void) {
  const queryClient = useQueryClient()
  const reading = useMutation({
    mutationFn: (file: File) => readTraceFile(queryClient, file, file.name, {}),
    onSuccess: (trace) => {
      queryClient.setQueryData(traceQuery(trace.traceId, { file: true }).queryKey, trace)
      show(trace.traceId)
    },
  })
  return { pending: reading.isPending, error: reading.error, onFile: reading.mutate }
}

function decode(bytes: ArrayBuffer, signal: AbortSignal): TraceModel | Promise<TraceModel> {
  // The server's own tests hold its answers to docs/openapi.yaml; see client.ts.
  if (bytes.byteLength < SMALL) return decodeTrace(JSON.parse(new TextDecoder().decode(bytes)) as TraceWire)
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' })
    const done = () => worker.terminate()
    worker.onmessage = (event: MessageEvent<TraceModel>) => {
      done()
      resolve(event.data)
    }
    worker.onerror = (event) => {
      done()
      reject(new Error(`This trace could not be read: ${event.message}`))
    }
    signal.addEventListener('abort', done)
    worker.postMessage(bytes, [bytes])
  })
}

/** The trace as OTLP JSON, indented for reading. */
export function useOtlp(id: string, file: boolean) {
  return useQuery({
    queryKey: ['otlp', id, ...(file ? ['file'] : [])],
    queryFn: async ({ signal, client }) => {
      if (file) return (await traceFileOf(client, id)?.file.text()) ?? ''
      const text = new TextDecoder().decode(await getBytes(`traces/${id}/otlp`, {}, signal))
      return text.length < 2_000_000 ? JSON.stringify(JSON.parse(text), null, 2) : text
    },
    staleTime: 60_000,
  })
}

/** Where the whole trace can be saved from, as OTLP JSON. */
export function otlpPath(id: string): string {
  return `/api/traces/${id}/otlp`
}

/** Pages of 1,000 spans that are read at most for the columns of a timeline. */
const VALUE_PAGES = 5

/** Attributes of the spans of a trace that have one of them; `keys` are spelt as in a filter. Newest spans first. */
export function useSpanValues(trace: Pick<TraceModel, 'traceId' | 'start' | 'duration' | 'spanCount'>, keys: readonly string[], file: boolean) {
  return useQuery({
    queryKey: ['spans', 'values', trace.traceId, trace.spanCount, keys, ...(file ? ['file'] : [])],
    queryFn: async ({ signal, client }): Promise<{ spans: Pick<SpanRow, 'span_id' | 'values'>[]; complete: boolean }> => {
      if (file) {
        const kept = traceFileOf(client, trace.traceId)
        if (kept === undefined) throw fileClosed()
        return { spans: await kept.values(keys), complete: true }
      }
      const start = epochMsOfNanos(trace.start)
      const query = {
        q: `trace_id = ${trace.traceId} and (${keys.map((k) => `exists ${k}`).join(' or ')})`,
        from: String(Math.floor(start - MINUTE_MS)),
        to: String(Math.ceil(start + trace.duration / MILLISECOND + MINUTE_MS)),
        columns: keys.join(','),
        limit: 1000,
      }
      const spans: SpanRow[] = []
      let cursor: string | null = ''
      for (let page = 0; page < VALUE_PAGES && cursor !== null; page++) {
        const answer: SpanPage = await get<SpanPage>('spans', { ...query, cursor }, signal)
        spans.push(...answer.spans)
        cursor = answer.next_cursor
      }
      return { spans, complete: cursor === null }
    },
    enabled: keys.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  })
}
