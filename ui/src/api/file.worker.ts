// Holds the spans of a file off the main thread: those of a large one would stop the page, and take its memory twice.
import { decodeTrace, transferables } from '../pure/trace'
import { type FileAnswer, type FileSpans, fileSpans } from '../pure/traceFile'
import type { FileAsk, FileReply } from './traceFile'

let spans: FileSpans | undefined

self.onmessage = ({ data: { n, ask } }: MessageEvent<{ n: number; ask: FileAsk }>) => {
  const reply = (result: unknown, transfer: ArrayBuffer[] = []) => self.postMessage({ n, result } satisfies FileReply, { transfer })
  try {
    if ('open' in ask) {
      // The server's own tests hold its answers to docs/openapi.yaml; see client.ts.
      const answer = JSON.parse(new TextDecoder().decode(ask.open)) as FileAnswer
      spans = fileSpans(answer)
      const trace = decodeTrace(answer.trace)
      reply({ trace, traces: answer.traces }, transferables(trace))
    } else if ('span' in ask) reply(spans?.span(ask.span) ?? [])
    else reply(spans?.values(ask.values) ?? [])
  } catch (cause) {
    self.postMessage({ n, error: cause instanceof Error ? cause.message : String(cause) } satisfies FileReply)
  }
}
