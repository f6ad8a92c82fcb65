// The map at a moment of its time range: the figures of that moment on the nodes of the whole range, so that nothing moves,
// and the steps by which playing goes through the range.
import type { MapEdge, MapNode, ServiceMap, Stats } from '../api/types'
import { type Range, rangeOf } from './time'
import { type EpochMs, epochMsOfRFC3339 } from './units'

const NOTHING: Stats = { requests: 0, ok: 0, error: 0, throttle: 0, fault: 0, rate: 0, avg_ns: 0, p50_ns: 0, p95_ns: 0, p99_ns: 0, histogram: [] }

export interface Remembered {
  readonly map: ServiceMap
  /** ids of nodes and edges that are in `before` alone */
  readonly ghosts: ReadonlySet<string>
}

/** What is there now, and as ghosts without figures what was there before. Buckets and notes are those of now. */
export function withGhosts(before: ServiceMap | null, now: ServiceMap): Remembered {
  const ghosts = new Set<string>()
  if (before === null) return { map: now, ghosts }
  const nodes = new Set(now.nodes.map((n) => n.id))
  const edges = new Set(now.edges.map((e) => e.id))
  const goneNodes: MapNode[] = before.nodes.filter((n) => !nodes.has(n.id)).map((n) => ({ ...n, stats: null }))
  const goneEdges: MapEdge[] = before.edges.filter((e) => !edges.has(e.id)).map((e) => ({ ...e, stats: NOTHING, server: null, event_age: null }))
  for (const gone of [...goneNodes, ...goneEdges]) ghosts.add(gone.id)
  if (ghosts.size === 0) return { map: now, ghosts }
  return { map: { ...now, nodes: [...now.nodes, ...goneNodes], edges: [...now.edges, ...goneEdges] }, ghosts }
}

/** The range in steps of playing; each is one bucket of the scrubber, or several where there are many. */
export interface Frames {
  readonly start: EpochMs
  /** ms */
  readonly step: number
  readonly count: number
}

/** More steps than this make playing long. */
const MOST = 120

export function framesOf(buckets: ServiceMap['buckets']): Frames {
  const per = Math.max(1, Math.ceil(buckets.requests.length / MOST))
  return { start: epochMsOfRFC3339(buckets.start), step: buckets.step_s * 1000 * per, count: Math.ceil(buckets.requests.length / per) }
}

/** The step that a moment lies in; null outside of the range. */
export function frameAt(frames: Frames, t: EpochMs | undefined): number | null {
  if (t === undefined) return null
  const i = Math.floor((t - frames.start) / frames.step)
  return i >= 0 && i < frames.count ? i : null
}

export function momentOf(frames: Frames, i: number): EpochMs {
  return frames.start + i * frames.step
}

/** The stretch of time that a step shows. */
export function rangeOfFrame(frames: Frames, i: number): Range {
  return rangeOf(momentOf(frames, i), momentOf(frames, i + 1))
}

/** One step on or back; from the whole range, on is its first step and back its last. Null where there is none. */
export function nextFrame(frames: Frames, at: number | null, by: 1 | -1): number | null {
  const to = at === null ? (by === 1 ? 0 : frames.count - 1) : at + by
  return to >= 0 && to < frames.count ? to : null
}

export const SPEEDS = [1, 4] as const
export type Speed = (typeof SPEEDS)[number]

/** How long a step stays in view, in ms. */
export function frameMs(speed: Speed): number {
  return 1000 / speed
}
