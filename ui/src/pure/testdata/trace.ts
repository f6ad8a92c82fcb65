// Generated traces for tests and the browser's performance run: seeded, so every run draws the same picture.
import type { TraceWire } from '../trace'

export type Shape = 'shop' | 'deep' | 'wide'

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const SERVICES = ['gateway', 'checkout', 'cart', 'payments', 'inventory', 'pricing', 'shipping', 'users', 'fraud', 'mailer', 'search', 'ledger']
const NAMES = ['GET /', 'POST /checkout', 'SELECT users', 'reserve', 'charge card', 'GET /price', 'publish order', 'redis GET', 'validate', 'render']

interface Draft {
  parent: number
  start: number
  duration: number
  service: number
  name: number
  kind: number
  klass: number
}

/** Makes a trace of n spans. About one span in `failOneIn` fails; 0 = none. */
export function makeTrace(n: number, shape: Shape = 'shop', failOneIn = 200, seed = 7): TraceWire {
  const random = seeded(seed)
  const drafts: Draft[] = [{ parent: -1, start: 0, duration: 1e9, service: 0, name: 1, kind: 2, klass: 0 }]
  const kids: number[][] = [[]]
  const add = (parent: number, d: Omit<Draft, 'parent'>): number => {
    drafts.push({ parent, ...d })
    kids.push([])
    kids[parent].push(drafts.length - 1)
    return drafts.length - 1
  }
  const frontier = [0]
  while (drafts.length < n) {
    const parent = pickParent(shape, frontier, random)
    const p = drafts[parent]
    const repeat = shape === 'shop' && random() < 0.12 ? 4 + Math.floor(random() * 20) : 1
    const name = Math.floor(random() * NAMES.length)
    const service = random() < 0.5 ? p.service : Math.floor(random() * SERVICES.length)
    let at = p.start + random() * p.duration * 0.4
    for (let r = 0; r < repeat && drafts.length < n; r++) {
      const room = p.start + p.duration - at
      const duration = Math.max(1000, Math.floor((room * (0.2 + random() * 0.7)) / repeat))
      const fails = failOneIn > 0 && random() < 1 / failOneIn
      const kid = add(parent, { start: Math.floor(at), duration, service, name, kind: 1 + Math.floor(random() * 5), klass: fails ? 1 + Math.floor(random() * 3) : 0 })
      at += duration
      if (frontier.length < 4000) frontier.push(kid)
      else frontier[1 + Math.floor(random() * 3999)] = kid
    }
  }
  return toWire(drafts, kids, `${seed}`)
}

function pickParent(shape: Shape, frontier: readonly number[], random: () => number): number {
  if (shape === 'deep') return frontier[frontier.length - 1]
  if (shape === 'wide') return 0
  const early = Math.floor(random() * random() * frontier.length)
  return frontier[early]
}

function toWire(drafts: readonly Draft[], kids: readonly number[][], seed: string): TraceWire {
  const order: number[] = []
  const stack = [0]
  while (stack.length > 0) {
    const s = stack.pop() ?? 0
    order.push(s)
    const sorted = [...kids[s]].sort((a, b) => drafts[b].start - drafts[a].start)
    stack.push(...sorted)
  }
  const row = new Int32Array(drafts.length)
  order.forEach((s, i) => (row[s] = i))
  const rows = order.map((s) => drafts[s])
  const self = rows.map((d) => d.duration)
  const descendants = rows.map(() => 0)
  const depth = rows.map(() => 0)
  const parent = rows.map((d) => (d.parent < 0 ? -1 : row[d.parent]))
  rows.forEach((_, i) => { if (parent[i] >= 0) depth[i] = depth[parent[i]] + 1 })
  for (let i = rows.length - 1; i > 0; i--) {
    descendants[parent[i]] += descendants[i] + 1
    self[parent[i]] = Math.max(0, self[parent[i]] - rows[i].duration)
  }
  const path = criticalPath(rows, parent, descendants)
  const onPath = new Set(path.map((p) => p.span))
  const errors = rows.flatMap((d, i) => (d.klass > 0 ? [i] : [])).sort((a, b) => depth[b] - depth[a])
  return withRepeats({
    trace_id: seed.padStart(32, '0'),
    xray_id: '1-00000000-000000000000000000000000',
    start: '1763800000000000000',
    duration_ns: Math.max(...rows.slice(0, 1).map((d) => d.duration)),
    root: { service: SERVICES[0], name: NAMES[1] },
    class: errors.length > 0 ? 'fault' : 'ok',
    span_count: rows.length,
    error_count: errors.length,
    depth: depth.reduce((a, b) => Math.max(a, b), 0) + 1,
    service_count: SERVICES.length,
    critical_ns: path.reduce((a, p) => a + p.end - p.start, 0),
    warnings: [],
    truncated: null,
    in_progress: false,
    services: SERVICES.map((name, i) => ({ name, env: 'prod', type: 'service', spans: rows.filter((d) => d.service === i).length, errors: 0, self_ns: 0 })),
    dict: { name: NAMES, peer_name: ['', 'orders-db'], peer_type: ['', 'Database::PostgreSQL'] },
    spans: {
      id: rows.map((_, i) => (i + 1).toString(16).padStart(16, '0')),
      parent,
      depth,
      start: rows.map((d) => d.start),
      duration: rows.map((d) => d.duration),
      self,
      service: rows.map((d) => d.service),
      name: rows.map((d) => d.name),
      kind: rows.map((d) => d.kind),
      class: rows.map((d) => d.klass),
      status: rows.map((d) => (d.klass === 3 ? 2 : 0)),
      http: rows.map((d) => (d.klass === 0 ? 0 : [0, 404, 429, 503][d.klass])),
      flags: rows.map((_, i) => (onPath.has(i) ? 32 : 0)),
      events: rows.map((d) => (d.klass > 0 ? 1 : 0)),
      links: rows.map(() => 0),
      peer_name: rows.map((d) => (d.kind === 3 && d.name === 2 ? 1 : 0)),
      peer_type: rows.map((d) => (d.kind === 3 && d.name === 2 ? 1 : 0)),
      descendants,
      skew: rows.map(() => 0),
    },
    critical_path: path,
    errors,
    focus: errors[0] ?? 0,
  })
}

/** The trace with its repeats as the server finds them; every peer is a store. */
export function withRepeats(wire: Omit<TraceWire, 'repeats'>): TraceWire {
  const { id, parent, service, name, kind, peer_type: peer, start, duration, class: klass } = wire.spans
  const groups = new Map<string, number[]>()
  id.forEach((_, i) => {
    const key = [parent[i], service[i], name[i], kind[i], peer[i]].join(' ')
    const same = groups.get(key)
    if (same) same.push(i)
    else groups.set(key, [i])
  })
  const many = [...groups.values()].filter((g) => g.length > 5)
  const repeat = id.map(() => -1)
  many.forEach((g, n) => g.forEach((i) => (repeat[i] = n)))
  const repeats = many.map((g) => {
    const total = g.reduce((sum, i) => sum + duration[i], 0)
    let [busy, end] = [0, start[g[0]]]
    for (const i of g) {
      busy += Math.max(0, start[i] + duration[i] - Math.max(start[i], end))
      end = Math.max(end, start[i] + duration[i])
    }
    const parallel = total > 1.1 * busy
    return {
      parent: parent[g[0]], first: g[0], last: g[g.length - 1], first_id: id[g[0]], count: g.length, errors: g.filter((i) => klass[i] !== 0).length, total_ns: total,
      max_ns: g.reduce((most, i) => Math.max(most, duration[i]), 0), start: start[g[0]], end, parallel, n_plus_one: !parallel && kind[g[0]] === 3 && peer[g[0]] > 0,
    }
  })
  return { ...wire, repeats, spans: { ...wire.spans, repeat } }
}

function criticalPath(rows: readonly Draft[], parent: readonly number[], descendants: readonly number[]): { span: number; start: number; end: number }[] {
  const out: { span: number; start: number; end: number }[] = []
  const walk: { span: number; until: number }[] = [{ span: 0, until: rows[0].start + rows[0].duration }]
  while (walk.length > 0) {
    const { span, until } = walk.pop() ?? { span: 0, until: 0 }
    const kids: number[] = []
    for (let c = span + 1; c <= span + descendants[span]; c += descendants[c] + 1) if (parent[c] === span) kids.push(c)
    let at = until
    kids.sort((a, b) => rows[b].start + rows[b].duration - rows[a].start - rows[a].duration)
    for (const kid of kids) {
      const end = rows[kid].start + rows[kid].duration
      if (end > at) continue
      if (at > end) out.push({ span, start: end, end: at })
      walk.push({ span: kid, until: end })
      at = rows[kid].start
    }
    if (at > rows[span].start) out.push({ span, start: rows[span].start, end: at })
  }
  return out.sort((a, b) => a.start - b.start)
}
