// The whole trace in a strip: at most width × LANES cells however many spans there are, failures painted last.
import type { Spans } from './trace'
import type { Nanos } from './units'

export const LANES = 24
const FAILED = 0x80

export interface Minimap {
  readonly width: number
  readonly lanes: number
  /** width × lanes; 0 = nothing, else hue + 1, with bit 7 set where a failure began */
  readonly cells: Uint8Array
}

/** Quantises the trace. Deep traces share lanes, so nothing is left out. */
export function minimap(spans: Spans, hues: Uint8Array, duration: Nanos, width: number, keep: Uint8Array | null): Minimap {
  let deepest = 0
  for (let i = 0; i < spans.count; i++) if (spans.depth[i] > deepest) deepest = spans.depth[i]
  const lanes = Math.min(LANES, deepest + 1)
  const cells = new Uint8Array(width * lanes)
  const perNs = width / Math.max(1, duration)
  const paint = (i: number, value: number) => {
    const lane = deepest < LANES ? spans.depth[i] : Math.floor((spans.depth[i] * LANES) / (deepest + 1))
    const x0 = Math.min(width - 1, Math.max(0, Math.floor(spans.start[i] * perNs)))
    const x1 = Math.min(width, Math.max(x0 + 1, Math.round((spans.start[i] + spans.duration[i]) * perNs)))
    cells.fill(value, lane * width + x0, lane * width + x1)
  }
  for (let i = 0; i < spans.count; i++) {
    if (spans.origin[i] === 0 && (keep === null || keep[i] === 1)) paint(i, hues[spans.service[i]] + 1)
  }
  for (let i = 0; i < spans.count; i++) {
    if (spans.origin[i] === 1 && (keep === null || keep[i] === 1)) paint(i, (hues[spans.service[i]] + 1) | FAILED)
  }
  return { width, lanes, cells }
}

/** Calls f for each run of equal cells, lane by lane. */
export function eachRun(map: Minimap, f: (lane: number, x0: number, x1: number, hue: number, failed: boolean) => void): void {
  for (let lane = 0; lane < map.lanes; lane++) {
    const base = lane * map.width
    for (let x = 0; x < map.width; ) {
      const value = map.cells[base + x]
      let end = x + 1
      while (end < map.width && map.cells[base + end] === value) end++
      if (value !== 0) f(lane, x, end, (value & ~FAILED) - 1, (value & FAILED) !== 0)
      x = end
    }
  }
}
