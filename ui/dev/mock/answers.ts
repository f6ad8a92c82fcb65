/** The answers of docs/openapi.yaml, made from the shop. */
import type { Class, SpanDetail, Status, Trace, TraceSummary } from '../../src/api/types'
import { edges, incident, type Node, nodes, seriesOf, statsOf, stepOf } from './shop'
import { BROKEN, EVERY_MS, idOf, LONG, type Made, makeBroken, makeLong, makeTrace, numberOf, type Span } from './trace'

const CLASSES: Class[] = ['ok', 'error', 'throttle', 'fault']
export const iso = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19) + '.' + (ns % 1_000_000_000n).toString().padStart(9, '0') + 'Z'
const isoMs = (ms: number) => new Date(ms).toISOString()

export function find(id: string): Made | null {
  const long = LONG.exec(id)
  if (long) return makeLong(id, Number(long[1]))
  if (id === BROKEN) return makeBroken(id)
  const k = numberOf(id)
  return idOf(k) === id && k * EVERY_MS <= Date.now() ? makeTrace(k) : null
}

export function map(from: number, to: number, q: URLSearchParams) {
  const env = q.get('env') ?? ''
  const namespace = q.get('namespace') ?? ''
  let kept = new Set(nodes.filter(() => env === '' || env === 'prod').map((n) => n.id))
  const focus = q.get('focus')
  if (focus) {
    let reach = new Set([focus])
    for (let hop = Number(q.get('hops') ?? 1); hop > 0; hop--) {
      const next = new Set(reach)
      for (const e of edges) {
        if (reach.has(e.source)) next.add(e.target)
        if (reach.has(e.target)) next.add(e.source)
      }
      reach = next
    }
    kept = new Set([...kept].filter((id) => reach.has(id)))
  }
  if (namespace !== '') {
    const inside = new Set(nodes.filter((n) => n.namespace === namespace).map((n) => n.id))
    kept = new Set([...kept].filter((id) => inside.has(id) || edges.some((e) => (e.source === id && inside.has(e.target)) || (e.target === id && inside.has(e.source)))))
  }
  const es = edgesOf(from, to).filter((e) => kept.has(e.source) && kept.has(e.target) && (q.get('errors_only') !== 'true' || e.stats.fault + e.stats.throttle > 20))
  if (q.get('errors_only') === 'true') kept = new Set(es.flatMap((e) => [e.source, e.target]))
  const web = seriesOf(nodes[1], from, to)
  return {
    from: isoMs(from), to: isoMs(to), generated: isoMs(Date.now()), complete: true, notes: [] as string[], envs: ['prod', 'staging'],
    nodes: nodes.filter((n) => kept.has(n.id)).map((n) => nodeOf(n, from, to)),
    edges: es,
    buckets: { step_s: web.step_s, start: web.start, requests: web.requests, bad: web.fault.map((f, i) => f + web.error[i]) },
  }
}

function nodeOf(n: Node, from: number, to: number) {
  return { id: n.id, kind: n.kind, type: n.type, name: n.name, env: 'prod', namespace: n.namespace, versions: n.versions, root: n.root, stats: n.kind === 'client' ? null : statsOf(n, from, to) }
}

function edgesOf(from: number, to: number) {
  return edges.map((e) => {
    const target = nodes.find((n) => n.id === e.target)!
    const stats = statsOf(target, from, to, e.share)
    const age = e.async ? { avg_ns: 190e6, p50_ns: 160e6, p95_ns: 620e6, histogram: statsOf({ ...target, p50: 160e6 }, from, to).histogram } : null
    return { id: `${e.source}>${e.target}`, source: e.source, target: e.target, async: e.async, stats, server: target.kind === 'service' ? { ...stats, avg_ns: stats.avg_ns - 600_000, p50_ns: stats.p50_ns - 500_000 } : null, event_age: age }
  })
}

export function mapSeries(from: number, to: number, q: URLSearchParams) {
  const source = q.get('source')
  const target = q.get('target') ?? q.get('node')
  const edge = edges.find((e) => e.source === source && e.target === target)
  const node = nodes.find((n) => n.id === target)
  return node ? withoutRequests(seriesOf(node, from, to, edge?.share ?? 1)) : null
}

function withoutRequests({ step_s, start, ok, error, throttle, fault, p50_ns, p95_ns, p99_ns }: ReturnType<typeof seriesOf>) {
  return { step_s, start, ok, error, throttle, fault, p50_ns, p95_ns, p99_ns }
}

export function services(from: number, to: number, env: string) {
  const list = env === 'staging' ? nodes.filter((n) => n.kind === 'service').slice(0, 4) : nodes.filter((n) => n.kind === 'service')
  return {
    services: list.map((n) => {
      const s = seriesOf(n, from, to)
      return { name: n.name, env: env === '' ? 'prod' : env, namespace: n.namespace, type: n.type, versions: n.versions.map((name, i) => ({ name, first_seen: isoMs(Date.now() - 86_400_000 * (0.1 + 6 * i)) })), stats: statsOf(n, from, to), series: { step_s: s.step_s, start: s.start, requests: s.requests, fault: s.fault, p95_ns: s.p95_ns } }
    }),
    envs: ['prod', 'staging'],
  }
}

const OPERATIONS: Record<string, [string, string, number, number][]> = {
  web: [['GET /products/{sku}', 'server', 0.52, 0.7], ['POST /cart/items', 'server', 0.25, 0.3], ['POST /checkout', 'server', 0.18, 3.2], ['GET /healthz', 'server', 0.05, 0.02]],
  checkout: [['POST /api/checkout', 'server', 0.97, 1], ['GET /api/checkout/{id}', 'server', 0.03, 0.1]],
  cart: [['shop.Cart/AddItem', 'server', 0.55, 1.2], ['shop.Cart/GetCart', 'server', 0.41, 0.7], ['shop.Cart/RemoveItem', 'server', 0.04, 0.8]],
  catalog: [['GET /catalog/{sku}', 'server', 0.8, 1], ['GET /catalog/search', 'server', 0.17, 2.4], ['PUT /catalog/{sku}', 'server', 0.03, 1.7]],
  payment: [['shop.Payment/Charge', 'server', 0.93, 1], ['shop.Payment/Refund', 'server', 0.07, 1.2]],
  orders: [['shop.Orders/Place', 'server', 0.9, 1], ['shop.Orders/List', 'server', 0.1, 2]],
  shipping: [['POST /reserve', 'server', 0.96, 1], ['GET /rates', 'server', 0.04, 0.4]],
  'notifications-email-worker': [['process order-events', 'consumer', 0.95, 1], ['process dead letters', 'consumer', 0.05, 0.9]],
}

export function serviceOf(name: string, from: number, to: number) {
  const n = nodes.find((x) => x.kind === 'service' && x.name === name)
  if (n === undefined) return null
  const es = edgesOf(from, to)
  return {
    name: n.name, env: 'prod', namespace: n.namespace, type: n.type,
    versions: n.versions.map((v, i) => ({ name: v, first_seen: isoMs(Date.now() - 86_400_000 * (0.1 + 6 * i)), last_seen: isoMs(i === 0 ? Date.now() - 4000 : Date.now() - 2.1e6), stats: statsOf({ ...n, fault: n.fault * (i === 0 ? 2 : 1), p50: n.p50 * (i === 0 ? 1.06 : 1) }, from, to, i === 0 ? 0.8 : 0.2) })),
    stats: statsOf(n, from, to), series: withoutRequests(seriesOf(n, from, to)),
    operations: (OPERATIONS[name] ?? []).map(([op, kind, share, slow]) => {
      const m = { ...n, p50: n.p50 * slow }
      const s = seriesOf(m, from, to, share)
      return { name: op, kind, stats: statsOf(m, from, to, share), series: { step_s: s.step_s, start: s.start, requests: s.requests, fault: s.fault, p95_ns: s.p95_ns } }
    }),
    upstream: es.filter((e) => e.target === n.id), downstream: es.filter((e) => e.source === n.id),
  }
}

export function summary(made: Made): TraceSummary {
  const by = new Map<string, { name: string; spans: number; errors: number }>()
  let end = 0
  for (const s of made.spans) {
    const row = by.get(s.service) ?? { name: s.service, spans: 0, errors: 0 }
    row.spans++
    if (s.outcome !== 'ok') row.errors++
    by.set(s.service, row)
    end = Math.max(end, s.start + s.duration)
  }
  const top = made.spans[0]
  return {
    trace_id: made.id, start: iso(made.start), duration_ns: end, root: top.parent === null && (top.flags & 1) === 0 ? { service: top.service, name: top.name } : null,
    spans: made.spans.length, errors: made.spans.filter((s) => s.outcome !== 'ok').length, class: top.outcome, services: [...by.values()],
    matched: { span_id: top.id, service: top.service, name: top.name, duration_ns: top.duration, class: top.outcome, start: iso(made.start) }, in_progress: made.inProgress,
  }
}

export class BadQuery extends Error {
  constructor(message: string, readonly hint: string, readonly position: number) {
    super(message)
  }
}

/** Enough of the filter language to click through the pages: `key op value` joined by and, or bare words. */
export function compile(q: string): (made: Made) => boolean {
  const tests: ((s: Span) => boolean)[] = []
  const token = /\s*(?:\(|\)|and\b|&&)?\s*(!?)([\w.]+)\s*(=~|!=|>=|<=|=|>|<|:)\s*("(?:[^"\\]|\\.)*"|[^\s()]+)\s*\)*|\s*\(*("[^"]*"|[\w./-]+)\)*/gy
  let at = 0
  while (at < q.trimEnd().length) {
    token.lastIndex = at
    const m = token.exec(q)
    if (m === null || m[0] === '') throw new BadQuery(`unexpected ${JSON.stringify(q.slice(at).trim()[0] ?? '')}`, 'write a condition such as duration > 500ms', at)
    at = token.lastIndex
    if (m[2] === undefined) {
      const word = (m[5] ?? '').replaceAll('"', '').toLowerCase()
      if (word !== 'and') tests.push((s) => s.name.toLowerCase().includes(word) || Object.values(s.attributes).some((v) => String(v).toLowerCase().includes(word)))
      continue
    }
    const [, , key, op, raw] = m
    const value = raw.replace(/^"|"$/g, '')
    if (key === 'duration') {
      const d = /^([\d.]+)(ns|us|µs|ms|s|m)$/.exec(value)
      if (d === null) throw new BadQuery(`duration: ${JSON.stringify(value)} has no unit`, 'write a duration such as 500ms', at - raw.length)
      const ns = Number(d[1]) * { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 }[d[2] as 'ns']
      tests.push((s) => (op === '>' ? s.duration > ns : op === '<' ? s.duration < ns : op === '>=' ? s.duration >= ns : s.duration <= ns))
      continue
    }
    const have = (s: Span): string => key === 'service' ? s.service : key === 'name' ? s.name : key === 'class' ? s.outcome : key === 'status' ? (s.outcome === 'ok' ? 'unset' : 'error') : key === 'env' ? 'prod' : key === 'kind' ? ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'][s.kind] : key === 'peer' ? s.peer[1] : key === 'root' ? String(s.parent === null) : key === 'namespace' ? 'storefront' : String(s.attributes[key] ?? '')
    const glob = new RegExp('^' + value.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*') + '$')
    tests.push((s) => {
      const v = have(s)
      if (op === '=' || op === ':') return glob.test(v)
      if (op === '!=') return !glob.test(v)
      if (op === '=~') return new RegExp(value).test(v)
      return v !== '' && (op === '>' ? Number(v) > Number(value) : op === '<' ? Number(v) < Number(value) : op === '>=' ? Number(v) >= Number(value) : Number(v) <= Number(value))
    })
  }
  return (made) => made.spans.some((s) => tests.every((t) => t(s)))
}

export function search(from: number, to: number, q: URLSearchParams) {
  const begin = performance.now()
  const text = q.get('q') ?? ''
  const matches = compile(text)
  const limit = Number(q.get('limit') ?? 20)
  const cursor = q.get('cursor')
  let k = cursor ? Number(cursor) : Math.floor((Math.min(to, Date.now()) - 300) / EVERY_MS)
  const floor = Math.ceil(from / EVERY_MS)
  const traces: TraceSummary[] = []
  let looked = 0
  while (k >= floor && traces.length < limit && looked < 20_000) {
    const made = makeTrace(k)
    if (matches(made)) traces.push(summary(made))
    k--
    looked++
  }
  const more = k >= floor
  return { traces, next_cursor: more ? String(k) : null, complete: !(more && traces.length < limit), reason: more && traces.length < limit ? 'time_limit' : '', searched_from: isoMs(Math.max(from, k * EVERY_MS)), elapsed_ms: Math.round((performance.now() - begin) * 10) / 10, rows_read: looked * 14, query: text.trim() }
}

/** Depth-first columns, self times and the critical path, much as query/timeline does it. */
export function timeline(made: Made): Trace {
  const order: Span[] = []
  const depth: number[] = []
  const index = new Map<Span, number>()
  const inTrace = new Set(made.spans)
  const stack: [Span, number][] = made.spans.filter((s) => s.parent === null || !inTrace.has(s.parent)).reverse().map((s) => [s, 0])
  while (stack.length > 0) {
    const [s, d] = stack.pop()!
    index.set(s, order.length)
    order.push(s)
    depth.push(d)
    for (const c of [...s.children].sort((a, b) => b.start - a.start)) stack.push([c, d + 1])
  }
  const names = new Map<string, number>()
  const peers = new Map<string, number>([['', 0]])
  const types = new Map<string, number>([['', 0]])
  const intern = (m: Map<string, number>, v: string) => m.get(v) ?? (m.set(v, m.size), m.size - 1)
  const services: Trace['services'] = []
  const self = order.map(selfTime)
  const descendants = new Array<number>(order.length).fill(0)
  for (let i = order.length - 1; i >= 0; i--) {
    const p = order[i].parent
    const pi = p === null ? undefined : index.get(p)
    if (pi !== undefined) descendants[pi] += descendants[i] + 1
  }
  const service = order.map((s, i) => {
    let at = services.findIndex((x) => x.name === s.service)
    if (at < 0) at = services.push({ name: s.service, env: 'prod', type: 'service', spans: 0, errors: 0, self_ns: 0 }) - 1
    services[at].spans++
    services[at].self_ns += self[i]
    if (s.outcome !== 'ok') services[at].errors++
    return at
  })
  const critical = criticalPath(order[0], index)
  const onPath = new Set(critical.map((c) => c.span))
  const errors = order.map((s, i) => [s, i] as const).filter(([s]) => s.outcome !== 'ok').sort((a, b) => depth[b[1]] - depth[a[1]]).map(([, i]) => i)
  const longest = critical.reduce((best, c) => (self[c.span] > self[best] ? c.span : best), critical[0]?.span ?? 0)
  const total = Math.max(...order.map((s) => s.start + s.duration))
  const top = order[0]
  return {
    trace_id: made.id, xray_id: `1-${made.id.slice(0, 8)}-${made.id.slice(8)}`, start: made.start.toString(), duration_ns: total,
    root: (top.flags & 1) === 0 ? { service: top.service, name: top.name } : null, class: top.outcome, span_count: order.length, error_count: errors.length, depth: Math.max(...depth) + 1,
    service_count: services.length, critical_ns: critical.reduce((sum, c) => sum + c.end - c.start, 0), warnings: made.warnings, truncated: null, in_progress: made.inProgress, services,
    dict: { name: (order.forEach((s) => intern(names, s.name)), [...names.keys()]), peer_name: (order.forEach((s) => intern(peers, s.peer[1])), [...peers.keys()]), peer_type: (order.forEach((s) => intern(types, s.peer[0])), [...types.keys()]) },
    spans: {
      id: order.map((s) => s.id), parent: order.map((s) => (s.parent === null ? -1 : (index.get(s.parent) ?? -1))), depth, start: order.map((s) => s.start), duration: order.map((s) => s.duration), self, service,
      name: order.map((s) => intern(names, s.name)), kind: order.map((s) => s.kind), class: order.map((s) => CLASSES.indexOf(s.outcome)), status: order.map((s) => (s.outcome === 'ok' ? 0 : 2)), http: order.map((s) => s.http),
      flags: order.map((s, i) => s.flags | (onPath.has(i) ? 32 : 0) | (s.parent !== null && s.start + s.duration > s.parent.start + s.parent.duration ? 16 : 0)),
      events: order.map((s) => s.events.length), links: order.map((s) => s.links.length), peer_name: order.map((s) => intern(peers, s.peer[1])), peer_type: order.map((s) => intern(types, s.peer[0])), descendants, skew: order.map((s) => ((s.flags & 2) === 2 ? 4_200_000 : 0)),
    },
    critical_path: critical, errors, focus: errors[0] ?? longest,
  }
}

function selfTime(s: Span): number {
  let covered = 0
  let at = s.start
  for (const c of [...s.children].sort((a, b) => a.start - b.start)) {
    const from = Math.max(at, c.start)
    const to = Math.min(s.start + s.duration, c.start + c.duration)
    if (to > from) {
      covered += to - from
      at = to
    }
  }
  return Math.max(0, s.duration - covered)
}

function criticalPath(root: Span, index: Map<Span, number>): Trace['critical_path'] {
  const out: Trace['critical_path'] = []
  const walk = (s: Span, limit: number) => {
    let t = Math.min(limit, s.start + s.duration)
    const children = [...s.children].sort((a, b) => b.start + b.duration - (a.start + a.duration))
    for (const c of children) {
      const end = c.start + c.duration
      if (end > t || c.start < s.start) continue
      if (t > end) out.push({ span: index.get(s)!, start: end, end: t })
      walk(c, end)
      t = c.start
    }
    if (t > s.start) out.push({ span: index.get(s)!, start: s.start, end: t })
  }
  walk(root, Infinity)
  return out.reverse()
}

const typed = (attributes: Record<string, string | number | boolean>): SpanDetail['attributes'] =>
  Object.entries(attributes).map(([key, v]) => ({ key, type: typeof v === 'number' ? (Number.isInteger(v) ? 'int' : 'double') : typeof v === 'boolean' ? 'bool' : v.startsWith('[') ? 'json' : 'string', value: String(v) }))

export function spanOf(made: Made, id: string): { spans: SpanDetail[] } {
  return {
    spans: made.spans.filter((s) => s.id === id).map((s) => ({
      trace_id: made.id, span_id: s.id, parent_id: s.parent?.id ?? '', name: s.name, service: s.service, service_type: 'service', env: 'prod', namespace: 'storefront', version: '1.8.2',
      kind: ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'][s.kind], class: s.outcome, status: s.outcome === 'ok' ? 'unset' : 'error', status_message: s.outcome === 'fault' ? (s.events[0]?.attributes['exception.message'] ?? 'upstream failed') : '',
      start: (made.start + BigInt(s.start)).toString(), duration_ns: s.duration, in_progress: false, weight: 1, trace_state: '', flags: 257, peer: s.peer[0] === '' ? null : { type: s.peer[0], name: s.peer[1] },
      attributes: typed({ ...s.attributes, 'thread.id': 41, 'thread.name': 'worker-7' }), dropped_attributes: 0,
      resource: { attributes: typed({ 'service.name': s.service, 'service.namespace': 'storefront', 'service.version': '1.8.2', 'deployment.environment.name': 'prod', 'host.name': `ip-10-0-3-${(s.start % 200) | 0}`, 'cloud.provider': 'aws', 'cloud.region': 'eu-central-1', 'k8s.pod.name': `${s.service}-7c9f6d5b8-x2k4q`, 'process.runtime.name': 'go', 'telemetry.sdk.language': 'go', 'telemetry.sdk.version': '1.43.0' }), schema_url: 'https://opentelemetry.io/schemas/1.37.0', dropped_attributes: 0 },
      scope: { name: 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp', version: '0.68.0', schema_url: '', attributes: [], dropped_attributes: 0 },
      events: s.events.map((e) => ({ time: (made.start + BigInt(s.start + e.offset)).toString(), offset_ns: e.offset, name: e.name, attributes: typed(e.attributes), dropped_attributes: 0 })),
      links: s.links.map((l) => ({ ...l, trace_state: '', flags: 1, attributes: [], dropped_attributes: 0 })), dropped_events: 0, dropped_links: 0, linked_from: [],
    })),
  }
}

const KEYS = ['service', 'name', 'kind', 'class', 'status', 'duration', 'env', 'namespace', 'version', 'peer', 'peer.type', 'root', 'http.route', 'http.request.method', 'http.response.status_code', 'db.system.name', 'db.query.text', 'messaging.system', 'rpc.service', 'rpc.method', 'server.address', 'user.id', 'order.id', 'payment.provider', 'resource.host.name', 'resource.cloud.region', 'event.name']
const VALUES: Record<string, string[]> = { service: nodes.filter((n) => n.kind === 'service').map((n) => n.name), class: [...CLASSES], status: ['ok', 'error', 'unset'], kind: ['server', 'client', 'producer', 'consumer', 'internal'], env: ['prod', 'staging'], 'http.route': ['"/products/{sku}"', '"/cart/items"', '"/checkout"', '"/api/checkout"'], 'http.request.method': ['GET', 'POST', 'PUT'], duration: ['100ms', '500ms', '1s'], name: Object.values(OPERATIONS).flat().map(([n]) => JSON.stringify(n)) }

export function complete(q: string, pos: number) {
  const head = Buffer.from(q).subarray(0, pos).toString()
  const value = /([\w.]+)\s*(?:=~|!=|>=|<=|=|>|<|:)\s*"?([^\s"]*)$/.exec(head)
  const items: { text: string; kind: string; count?: number }[] = []
  if (value) {
    for (const [i, v] of (VALUES[value[1]] ?? []).entries()) if (v.replaceAll('"', '').toLowerCase().startsWith(value[2].toLowerCase())) items.push({ text: v, kind: 'value', count: 9000 - i * 800 })
  } else if (/(?:^|\band|\bor|\bnot|[(!])\s*[\w.]*$/.test(head)) {
    const word = /[\w.]*$/.exec(head)![0]
    for (const [i, k] of KEYS.entries()) if (k.includes(word.toLowerCase())) items.push({ text: k, kind: 'key', count: 12_000 - i * 400 })
  } else if (/[\w.]+\s+$/.test(head) && !/(?:=~|!=|>=|<=|=|>|<|:)\s*("[^"]*"|[^\s"]+)\s+$/.test(head)) {
    for (const op of ['=', '!=', '>', '<', '=~']) items.push({ text: op, kind: 'operator' })
  } else if (/\s$/.test(head)) for (const w of ['and', 'or']) items.push({ text: w, kind: 'keyword' })
  return { items: items.slice(0, 20) }
}

const started = Date.now() - 7.3 * 3_600_000

export function status(empty: boolean): Status {
  const now = Date.now()
  const stored = empty ? 0 : Math.floor((now - started) / 60)
  return {
    version: '0.1.0', started: isoMs(started), now: isoMs(now), endpoints: { http: '127.0.0.1:7070', otlp_grpc: '127.0.0.1:4317', otlp_http: '127.0.0.1:4318' }, has_data: !empty, auth: { required: false, user: '' },
    engine: { state: 'ready', version: '26.5.1', restarts: 0, error: '' },
    ingest: { traces: { received: stored + 41 + 5 + 312, stored, rejected: empty ? {} : { invalid_trace_id: 32, ts_future: 9 }, deduplicated: empty ? 0 : 5, in_journal: empty ? 0 : 312, dead_letter: 0, undecodable: empty ? 0 : 1 } },
    lag_ms: empty ? 0 : 420, journal: { bytes: empty ? 0 : 41_943_040, max_bytes: 4_294_967_296, segments: empty ? 0 : 3 }, storage: { spans_rows: stored, bytes: Math.floor(stored * 58.4) }, retention: { traces_days: 7 },
    warnings: incident(now) > 0.5 ? ['The clock of 3 senders differs from this host by more than 10 s.'] : [],
  }
}

export { stepOf }
