// Holds the spans of a file off the main thread: those of a large one would stop the page, and take its memory twice.
import { decodeTrace, transferables } from '../pure/trace'
import { type FileSpans, readFileAnswer } from '../pure/traceFile'
import type { FileAsk, FileReply } from './traceFile'

let spans: FileSpans | undefined

self.onmessage = ({ data: { n, ask } }: MessageEvent<{ n: number; ask: FileAsk }>) => {
  const reply = (result: unknown, transfer: ArrayBuffer[] = []) => self.postMessage({ n, result } satisfies FileReply, { transfer })
  try {
    if ('open' in ask) {
      const read = readFileAnswer(new Uint8Array(ask.open))
      spans = read.spans
      const trace = decodeTrace(read.head.trace)
      reply({ trace, traces: read.head.traces }, transferables(trace))
    } else if ('span' in ask) reply(spans?.span(ask.span) ?? [])
    else reply(spans?.values(ask.values) ?? [])
  } catch (cause) {
    self.postMessage({ n, error: cause instanceof Error ? cause.message : String(cause) } satisfies FileReply)
  }
}
