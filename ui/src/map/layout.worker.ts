// Lays a map out off the main thread; one request, one answer.
import { layoutMap } from '../pure/mapLayout'
import type { LayoutInput } from '../pure/mapPlace'

export interface LayoutRequest {
  readonly input: LayoutInput
  readonly ranker: 'tight-tree' | 'longest-path'
}

self.onmessage = (event: MessageEvent<LayoutRequest>) => {
  self.postMessage([...layoutMap(event.data.input, event.data.ranker)])
}
