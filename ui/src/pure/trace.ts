// A trace as columns: one typed array per field, one row per span in depth-first order.
// No object per span exists anywhere, so 100,000 spans cost a few megabytes and cross a Worker border by transfer.
import type { Repeat, Trace as TraceWire } from '../api/types'
import { outline, type Outline } from './traceRows'

export { FLAG } from '../api/types'
export type { Repeat, TraceWire }
export type TraceService = TraceWire['services'][number]

export const CLASSES = ['ok', 'error', 'throttle', 'fault'] as const
export type SpanClass = (typeof CLASSES)[number]
export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
export type SpanKind = (typeof KINDS)[number]
export const STATUSES = ['unset', 'ok', 'error'] as const

/** Columns of a trace. Row i+1..i+descendants[i] are the subtree of row i. */
export interface Spans {
  readonly count: number
  readonly idHigh: Uint32Array<ArrayBuffer>
  readonly idLow: Uint32Array<ArrayBuffer>
  readonly parent: Int32Array<ArrayBuffer>
  readonly depth: Int32Array<ArrayBuffer>
  /** ns after the trace's start */
  readonly start: Float64Array<ArrayBuffer>
  /** ns */
  readonly duration: Float64Array<ArrayBuffer>
  readonly self: Float64Array<ArrayBuffer>
  /** latest end in the subtree, ns after the trace's start */
  readonly subtreeEnd: Float64Array<ArrayBuffer>
  readonly skew: Float64Array<ArrayBuffer>
  readonly service: Int32Array<ArrayBuffer>
  readonly name: Int32Array<ArrayBuffer>
  readonly peerName: Int32Array<ArrayBuffer>
  readonly peerType: Int32Array<ArrayBuffer>
  readonly descendants: Int32Array<ArrayBuffer>
  /** descendants that a truncated answer left out */
  readonly hidden: Int32Array<ArrayBuffer>
  /** which of the trace's repeats a row is one of, -1 for none */
  readonly repeat: Int32Array<ArrayBuffer>
  readonly kind: Uint8Array<ArrayBuffer>
  readonly klass: Uint8Array<ArrayBuffer>
  /** 1 = failed, and nothing below it did: where a failure began */
  readonly origin: Uint8Array<ArrayBuffer>
  readonly status: Uint8Array<ArrayBuffer>
  readonly http: Uint16Array<ArrayBuffer>
  readonly flags: Uint16Array<ArrayBuffer>
  readonly events: Int32Array<ArrayBuffer>
  readonly links: Int32Array<ArrayBuffer>
}

/** The critical path, grouped by span: segments of span i are offset[i]..offset[i+1]. */
export interface CriticalPath {
  readonly offset: Int32Array<ArrayBuffer>
  readonly span: Int32Array<ArrayBuffer>
  readonly start: Float64Array<ArrayBuffer>
  readonly end: Float64Array<ArrayBuffer>
}

export interface TraceModel {
  readonly traceId: string
  readonly xrayId: string
  /** epoch ns as decimal text; too large for a number */
  readonly start: string
  /** ns, at least 1 */
  readonly duration: number
  readonly root: { readonly service: string; readonly name: string } | null
  readonly klass: SpanClass
  readonly spanCount: number
  readonly errorCount: number
  readonly maxDepth: number
  readonly criticalNs: number
  readonly warnings: ReadonlyArray<{ readonly code: string; readonly message: string }>
  readonly truncated: { readonly kept: number; readonly total: number } | null
  readonly inProgress: boolean
  readonly services: ReadonlyArray<TraceService>
  readonly names: readonly string[]
  readonly peerNames: readonly string[]
  readonly peerTypes: readonly string[]
  readonly spans: Spans
  /** operations that were called again and again; their figures are of the whole trace */
  readonly repeats: readonly Repeat[]
  /** the order of display and the folds, found with the columns because that takes as long */
  readonly outline: Outline
  readonly critical: CriticalPath
  /** rows of failed spans, the most interesting first */
  readonly errors: Int32Array<ArrayBuffer>
  /** row to select when the trace opens; -1 when the trace is empty */
  readonly focus: number
}

/** Turns the wire form into columns. Repairs what would break drawing: parents out of order, negative times. */
export function decodeTrace(wire: TraceWire): TraceModel {
  const spans = decodeColumns(wire.spans, wire.services.length)
  const n = spans.count
  let duration = wire.duration_ns
  for (let i = 0; i < n; i++) {
    if (spans.subtreeEnd[i] > duration) duration = spans.subtreeEnd[i]
  }
  const rows = (wire.errors ?? []).filter((i) => i >= 0 && i < n)
  return {
    traceId: wire.trace_id,
    xrayId: wire.xray_id,
    start: wire.start,
    duration: Math.max(1, duration),
    root: wire.root,
    klass: wire.class,
    spanCount: wire.span_count,
    errorCount: wire.error_count,
    maxDepth: wire.depth,
    criticalNs: wire.critical_ns,
    warnings: wire.warnings ?? [],
    truncated: wire.truncated,
    inProgress: wire.in_progress,
    services: wire.services,
    names: wire.dict.name,
    peerNames: wire.dict.peer_name,
    peerTypes: wire.dict.peer_type,
    spans,
    repeats: wire.repeats ?? [],
    outline: outline(spans),
    critical: decodeCritical(wire.critical_path ?? [], n),
    errors: Int32Array.from(rows),
    focus: n === 0 ? -1 : Math.min(Math.max(0, wire.focus), n - 1),
  }
}

/** The columns of spans that stand in a tree of their own. */
export function decodeColumns(w: TraceWire['spans'], services: number): Spans {
  const n = w.id.length
  const idHigh = new Uint32Array(n)
  const idLow = new Uint32Array(n)
  const parent = new Int32Array(n)
  const depth = new Int32Array(n)
  const start = Float64Array.from(w.start)
  const duration = new Float64Array(n)
  const subtreeEnd = new Float64Array(n)
  const service = new Int32Array(n)
  const status = new Uint8Array(n)
  const descendants = new Int32Array(n)
  for (let i = 0; i < n; i++) {
    const id = w.id[i]
    idHigh[i] = Number.parseInt(id.slice(0, 8), 16)
    idLow[i] = Number.parseInt(id.slice(8, 16), 16)
    const p = w.parent[i]
    // A parent after its child can't be drawn as a tree: such a row stands on its own.
    parent[i] = p >= 0 && p < i ? p : -1
    depth[i] = parent[i] < 0 ? 0 : depth[parent[i]] + 1
    duration[i] = Math.max(0, w.duration[i])
    subtreeEnd[i] = start[i] + duration[i]
    service[i] = w.service[i] < services ? w.service[i] : 0
    status[i] = w.status[i]
  }
  const klass = Uint8Array.from(w.class)
  const origin = klass.map((k) => (k === 0 ? 0 : 1))
  const failsBelow = klass.slice()
  for (let i = n - 1; i >= 0; i--) {
    const p = parent[i]
    if (p < 0) continue
    if (failsBelow[i] !== 0) {
      failsBelow[p] = 1
      origin[p] = 0
    }
    descendants[p] += descendants[i] + 1
    if (subtreeEnd[i] > subtreeEnd[p]) subtreeEnd[p] = subtreeEnd[i]
  }
  return {
    count: n,
    idHigh,
    idLow,
    parent,
    depth,
    start,
    duration,
    self: Float64Array.from(w.self),
    subtreeEnd,
    skew: Float64Array.from(w.skew ?? new Float64Array(n)),
    service,
    name: Int32Array.from(w.name),
    peerName: Int32Array.from(w.peer_name),
    peerType: Int32Array.from(w.peer_type),
    descendants,
    hidden: Int32Array.from(w.hidden ?? new Int32Array(n)),
    repeat: Int32Array.from(w.repeat ?? new Int32Array(n).fill(-1)),
    kind: Uint8Array.from(w.kind),
    klass,
    origin,
    status,
    http: Uint16Array.from(w.http),
    flags: Uint16Array.from(w.flags),
    events: Int32Array.from(w.events),
    links: Int32Array.from(w.links),
  }
}

function decodeCritical(path: TraceWire['critical_path'], n: number): CriticalPath {
  const valid = path.filter((s) => s.span >= 0 && s.span < n && s.end > s.start)
  const sorted = [...valid].sort((a, b) => a.span - b.span || a.start - b.start)
  const offset = new Int32Array(n + 1)
  for (const s of sorted) offset[s.span + 1]++
  for (let i = 0; i < n; i++) offset[i + 1] += offset[i]
  return {
    offset,
    span: Int32Array.from(sorted, (s) => s.span),
    start: Float64Array.from(sorted, (s) => s.start),
    end: Float64Array.from(sorted, (s) => s.end),
  }
}

/** The 16 hex digits of a row's span id. */
export function spanId(spans: Spans, row: number): string {
  return hex8(spans.idHigh[row]) + hex8(spans.idLow[row])
}

function hex8(n: number): string {
  return n.toString(16).padStart(8, '0')
}

/** The row that holds a span id, or -1. Ids may repeat: the first wins. */
export function rowOfSpan(spans: Spans, id: string): number {
  if (!/^[0-9a-f]{16}$/i.test(id)) return -1
  const high = Number.parseInt(id.slice(0, 8), 16)
  const low = Number.parseInt(id.slice(8), 16)
  for (let i = 0; i < spans.count; i++) {
    if (spans.idLow[i] === low && spans.idHigh[i] === high) return i
  }
  return -1
}

export function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0
}

/** Buffers that a Worker hands over instead of copying. */
export function transferables(model: TraceModel): ArrayBuffer[] {
  const s = model.spans
  const o = model.outline
  const columns = [
    s.idHigh, s.idLow, s.parent, s.depth, s.start, s.duration, s.self, s.subtreeEnd, s.skew, s.service, s.name,
    s.peerName, s.peerType, s.descendants, s.hidden, s.repeat, s.kind, s.klass, s.origin, s.status, s.http, s.flags, s.events, s.links,
    o.order, o.folds.of, o.folds.repeat, o.folds.offset, o.folds.members, o.folds.total, o.folds.max, o.folds.errors, o.folds.start, o.folds.end, ...(o.more === null ? [] : [o.more]),
    model.critical.offset, model.critical.span, model.critical.start, model.critical.end, model.errors,
  ]
  return columns.map((c) => c.buffer)
}

/** Calls f for each direct child of a row, in order. row = -1 gives the roots. */
export function eachChild(spans: Spans, row: number, f: (child: number) => void): void {
  const end = row < 0 ? spans.count : row + spans.descendants[row] + 1
  for (let c = row + 1; c < end; c += spans.descendants[c] + 1) f(c)
}
