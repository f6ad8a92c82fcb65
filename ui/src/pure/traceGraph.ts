// A trace as a service map: one node per service and per thing it called, with the trace's own counts and self times.
import type { Class, MapEdge, MapNode, ServiceMap, Stats } from '../api/types'
import { CLASSES, eachChild, type TraceModel } from './trace'
import type { Nanos } from './units'

interface Sum {
  n: number
  classes: Record<Class, number>
  durations: number[]
}

/** Shares of the trace's time by node id, beside the map itself. */
export interface TraceGraph {
  readonly map: ServiceMap
  readonly self: ReadonlyMap<string, Nanos>
}

export function traceGraph(trace: TraceModel): TraceGraph {
  const { spans } = trace
  const nodes = new Map<string, { node: MapNode; sum: Sum; self: number }>()
  const edges = new Map<string, { edge: Omit<MapEdge, 'stats'>; sum: Sum }>()
  const node = (id: string, make: () => MapNode) => {
    const known = nodes.get(id)
    if (known) return known
    const made = { node: make(), sum: empty(), self: 0 }
    nodes.set(id, made)
    return made
  }
  const edge = (source: string, target: string, async: boolean, row: number) => {
    const id = `${source}>${target}`
    const known = edges.get(id)
    const e = known ?? { edge: { id, source, target, async, server: null, server_classed: true, event_age: null }, sum: empty() }
    if (!known) edges.set(id, e)
    add(e.sum, trace, row)
  }
  for (let i = 0; i < spans.count; i++) {
    const service = trace.services[spans.service[i]]
    const id = `s${spans.service[i]}`
    const n = node(id, () => ({ ...BLANK, id, kind: 'service', type: service.type, name: service.name, env: service.env }))
    n.self += spans.self[i]
    const p = spans.parent[i]
    const enters = p < 0 || spans.service[p] !== spans.service[i]
    if (enters) add(n.sum, trace, i)
    if (p < 0) {
      node('client', () => ({ ...BLANK, id: 'client', kind: 'client', type: 'client', name: 'Client' }))
      edge('client', id, false, i)
    } else if (enters) {
      edge(`s${spans.service[p]}`, id, spans.kind[i] === 5 || spans.kind[p] === 4, p)
    }
    peerOf(trace, i, id, node, edge)
  }
  return {
    map: {
      from: '', to: '', generated: '', complete: true, notes: [], envs: [],
      nodes: [...nodes.values()].map(({ node: n, sum }) => ({ ...n, stats: n.kind === 'client' ? null : stats(sum, trace.duration) })),
      edges: [...edges.values()].map(({ edge: e, sum }) => ({ ...e, stats: stats(sum, trace.duration) })),
      buckets: { step_s: 0, start: '', requests: [], bad: [] },
    },
    self: new Map([...nodes].map(([id, n]) => [id, n.self])),
  }
}

const BLANK: MapNode = { id: '', kind: 'inferred', type: '', name: '', env: '', namespace: '', versions: [], root: false, team: '', stats: null }

/** A call that no other service of the trace answered is a call to an inferred node. */
function peerOf(
  trace: TraceModel, i: number, caller: string,
  node: (id: string, make: () => MapNode) => { sum: Sum; self: number },
  edge: (source: string, target: string, async: boolean, row: number) => void,
): void {
  const { spans } = trace
  const name = trace.peerNames[spans.peerName[i]] ?? ''
  const type = trace.peerTypes[spans.peerType[i]] ?? ''
  if (name === '' || (spans.kind[i] !== 3 && spans.kind[i] !== 4)) return
  let answered = false
  eachChild(spans, i, (c) => {
    if (spans.service[c] !== spans.service[i]) answered = true
  })
  if (answered) return
  const id = `p${spans.peerName[i]}/${spans.peerType[i]}`
  const n = node(id, () => ({ ...BLANK, id, type, name }))
  add(n.sum, trace, i)
  n.self += spans.self[i]
  edge(caller, id, spans.kind[i] === 4, i)
}

function empty(): Sum {
  return { n: 0, classes: { ok: 0, error: 0, throttle: 0, fault: 0 }, durations: [] }
}

function add(sum: Sum, trace: TraceModel, row: number): void {
  sum.n++
  sum.classes[CLASSES[trace.spans.klass[row]] ?? 'ok']++
  sum.durations.push(trace.spans.duration[row])
}

function stats(sum: Sum, duration: Nanos): Stats {
  const sorted = Float64Array.from(sum.durations).sort()
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  return {
    requests: sum.n,
    ...sum.classes,
    rate: sum.n / (duration / 1e9),
    avg_ns: sorted.reduce((a, b) => a + b, 0) / Math.max(1, sum.n),
    p50_ns: at(0.5),
    p95_ns: at(0.95),
    p99_ns: at(0.99),
    max_ns: at(1),
    histogram: [],
  }
}
