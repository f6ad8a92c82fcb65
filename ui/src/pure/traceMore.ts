// What a large trace's answer left out: how many spans below which, and putting those in that came later.
import type { TraceChildren } from '../api/types'
import { decodeColumns, rowOfSpan, spanId, type Spans, type TraceModel } from './trace'
import { outline } from './traceRows'

/** A trace with spans of an answer about one of its rows put in their places. What it has already stays as it is. */
export function withChildren(trace: TraceModel, part: TraceChildren): TraceModel {
  const top = rowOfSpan(trace.spans, part.spans.id[0] ?? '')
  if (top < 0) return trace
  const old = trace.spans
  const add = decodeColumns(part.spans, part.services.length)
  const known = rowsBelow(old, top)
  const repeats = joined(trace.repeats.map((r) => r.first_id), part.repeats.map((r) => r.first_id))
  // Where the part's rows are: below `n` in the trace, from there on new.
  const n = old.count
  const at = new Int32Array(add.count)
  const fresh: number[] = []
  for (let i = 0; i < add.count; i++) {
    const have = i === 0 ? top : known.get(spanId(add, i))
    if (have !== undefined) at[i] = have
    else {
      at[i] = n + fresh.length
      fresh.push(i)
    }
  }
  if (fresh.length === 0) return trace
  for (let i = 0; i < add.count; i++) if (add.repeat[i] >= 0) add.repeat[i] = repeats.map[add.repeat[i]]
  const parent = new Int32Array(n + fresh.length)
  parent.set(old.parent)
  fresh.forEach((i, k) => (parent[n + k] = at[add.parent[i]]))
  const starts = new Float64Array(n + fresh.length)
  const moved = Number(BigInt(part.start) - BigInt(trace.start))
  starts.set(old.start)
  fresh.forEach((i, k) => (starts[n + k] = add.start[i] + moved))
  const order = depthFirst(parent, starts, n)
  const row = new Int32Array(order.length)
  order.forEach((from, i) => (row[from] = i))

  const names = joined(trace.names, part.dict.name)
  const peerNames = joined(trace.peerNames, part.dict.peer_name)
  const peerTypes = joined(trace.peerTypes, part.dict.peer_type)
  const services = joined(trace.services.map(serviceKey), part.services.map(serviceKey))
  const pick = <T extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(a: T, b: T, map?: Int32Array): T => {
    const out = new (a.constructor as new (length: number) => T)(order.length)
    for (let i = 0; i < order.length; i++) {
      const from = order[i]
      const v = from < n ? a[from] : b[fresh[from - n]]
      out[i] = map === undefined || from < n ? v : map[v]
    }
    return out
  }
  const columns = {
    idHigh: pick(old.idHigh, add.idHigh), idLow: pick(old.idLow, add.idLow), duration: pick(old.duration, add.duration), self: pick(old.self, add.self), skew: pick(old.skew, add.skew),
    service: pick(old.service, add.service, services.map), name: pick(old.name, add.name, names.map), peerName: pick(old.peerName, add.peerName, peerNames.map),
    peerType: pick(old.peerType, add.peerType, peerTypes.map), kind: pick(old.kind, add.kind), klass: pick(old.klass, add.klass), status: pick(old.status, add.status),
    http: pick(old.http, add.http), flags: pick(old.flags, add.flags), events: pick(old.events, add.events), links: pick(old.links, add.links), repeat: pick(old.repeat, add.repeat),
    start: Float64Array.from(order, (from) => starts[from]),
    parent: Int32Array.from(order, (from) => (parent[from] < 0 ? -1 : row[parent[from]])),
  }
  const tree = measureTree(columns)
  // What is below a row in the whole trace does not change; what is shown of it does.
  const total = (s: Spans, i: number) => s.descendants[i] + s.hidden[i]
  const hidden = Int32Array.from(order, (from, i) => Math.max(0, (from < n ? total(old, from) : total(add, fresh[from - n])) - tree.descendants[i]))
  const spans: Spans = { count: order.length, ...columns, ...tree, hidden }
  const errors = [...Array.from(trace.errors, (i) => row[i]), ...part.errors.filter((i) => at[i] >= n).map((i) => row[at[i]])]
  return {
    ...trace,
    duration: Math.max(trace.duration, spans.subtreeEnd.reduce((a, b) => Math.max(a, b), 0)),
    truncated: trace.truncated === null || order.length >= trace.truncated.total ? null : { ...trace.truncated, kept: order.length },
    services: services.list.map((_, i) => trace.services[i] ?? part.services[services.from[i]]),
    names: names.list, peerNames: peerNames.list, peerTypes: peerTypes.list,
    spans,
    // The figures are of all calls, so an answer adds only repeats; where they are found is told by the column.
    repeats: repeats.list.map((_, i) => trace.repeats[i] ?? part.repeats[repeats.from[i]]),
    outline: outline(spans),
    critical: criticalOf(trace, part, (i) => row[i], (i) => (at[i] >= n ? row[at[i]] : -1), moved, order.length),
    errors: Int32Array.from(errors),
    focus: trace.focus < 0 ? -1 : row[trace.focus],
  }
}

function serviceKey(s: { name: string; env: string; type: string }): string {
  return `${s.name}\n${s.env}\n${s.type}`
}

/** Rows in the subtree of one, by span id; of a repeated id the first. */
function rowsBelow(spans: Spans, top: number): Map<string, number> {
  const out = new Map<string, number>()
  for (let i = top + spans.descendants[top]; i > top; i--) out.set(spanId(spans, i), i)
  return out
}

/** Both lists without repetition, where the second's entries are in it, and which of the second each new one is. */
function joined(a: readonly string[], b: readonly string[]): { list: string[]; map: Int32Array; from: number[] } {
  const list = [...a]
  const from = a.map(() => -1)
  const places = new Map(list.map((text, i) => [text, i]))
  const map = Int32Array.from(b, (text, i) => {
    let place = places.get(text)
    if (place === undefined) {
      place = list.length
      places.set(text, place)
      list.push(text)
      from.push(i)
    }
    return place
  })
  return { list, map, from }
}

/** Rows in depth-first order; children as they were, with new ones (from `n` on) among them by start. */
function depthFirst(parent: Int32Array, start: Float64Array, n: number): Int32Array<ArrayBuffer> {
  const count = parent.length
  const first = new Int32Array(count + 2)
  for (let i = 0; i < count; i++) first[parent[i] + 2]++ // the top's children come first
  for (let i = 0; i <= count; i++) first[i + 1] += first[i]
  const kids = new Int32Array(count)
  const fill = first.slice()
  const grown = new Set<number>()
  for (let i = 0; i < count; i++) {
    kids[fill[parent[i] + 1]++] = i
    if (i >= n) grown.add(parent[i])
  }
  for (const p of grown) kids.subarray(first[p + 1], first[p + 2]).sort((a, b) => start[a] - start[b] || a - b)
  const order = new Int32Array(count)
  const stack = Array.from(kids.subarray(first[0], first[1])).reverse()
  for (let at = 0; stack.length > 0; at++) {
    const i = stack.pop() ?? 0
    order[at] = i
    for (let k = first[i + 2] - 1; k >= first[i + 1]; k--) stack.push(kids[k])
  }
  return order
}

function measureTree(c: Pick<Spans, 'parent' | 'start' | 'duration' | 'klass'>): Pick<Spans, 'depth' | 'descendants' | 'subtreeEnd' | 'origin'> {
  const n = c.parent.length
  const depth = new Int32Array(n)
  const descendants = new Int32Array(n)
  const subtreeEnd = new Float64Array(n)
  const failsBelow = c.klass.slice()
  const origin = c.klass.map((k) => (k === 0 ? 0 : 1))
  for (let i = 0; i < n; i++) {
    depth[i] = c.parent[i] < 0 ? 0 : depth[c.parent[i]] + 1
    subtreeEnd[i] = c.start[i] + c.duration[i]
  }
  for (let i = n - 1; i >= 0; i--) {
    const p = c.parent[i]
    if (p < 0) continue
    if (failsBelow[i] !== 0) {
      failsBelow[p] = 1
      origin[p] = 0
    }
    descendants[p] += descendants[i] + 1
    if (subtreeEnd[i] > subtreeEnd[p]) subtreeEnd[p] = subtreeEnd[i]
  }
  return { depth, descendants, subtreeEnd, origin }
}

function criticalOf(trace: TraceModel, part: TraceChildren, rowOf: (old: number) => number, rowOfNew: (i: number) => number, moved: number, n: number): TraceModel['critical'] {
  const c = trace.critical
  const all = Array.from(c.span, (s, i) => ({ span: rowOf(s), start: c.start[i], end: c.end[i] }))
  for (const s of part.critical_path) {
    const span = rowOfNew(s.span)
    if (span >= 0) all.push({ span, start: s.start + moved, end: s.end + moved })
  }
  all.sort((a, b) => a.span - b.span || a.start - b.start)
  const offset = new Int32Array(n + 1)
  for (const s of all) offset[s.span + 1]++
  for (let i = 0; i < n; i++) offset[i + 1] += offset[i]
  return { offset, span: Int32Array.from(all, (s) => s.span), start: Float64Array.from(all, (s) => s.start), end: Float64Array.from(all, (s) => s.end) }
}
