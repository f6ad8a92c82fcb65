// Parses and decodes a large trace off the main thread and hands its columns over without copying.
import { decodeTrace, transferables, type TraceWire } from '../pure/trace'

self.onmessage = (event: MessageEvent<ArrayBuffer>) => {
  // The server's own tests hold its answers to docs/openapi.yaml; see client.ts.
  const model = decodeTrace(JSON.parse(new TextDecoder().decode(event.data)) as TraceWire)
  self.postMessage(model, { transfer: transferables(model) })
}
