/** The made-up shop: what it consists of, and how it fares at a moment. Everything follows from the time alone. */

export type Outcome = 'ok' | 'error' | 'throttle' | 'fault'

/** mulberry32: small, seeded, good enough for scenery. */
export function rng(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export type Node = {
  id: string
  kind: 'service' | 'client' | 'inferred'
  type: string
  name: string
  namespace: string
  versions: string[]
  root: boolean
  /** Requests per second at noon. */
  rate: number
  p50: number
  /** Shares in quiet times. */
  fault: number
  error: number
  throttle: number
}

const MS = 1e6
const service = (name: string, namespace: string, type: string, rate: number, p50: number, error = 0.004, fault = 0.0008, versions = ['1.8.2']): Node => ({
  id: `service/prod/${name}/${type}`, kind: 'service', type, name, namespace, versions, root: false, rate, p50: p50 * MS, fault, error, throttle: 0,
})
const inferred = (name: string, type: string, rate: number, p50: number, fault = 0, throttle = 0): Node => ({
  id: `inferred/prod/${type}/${name}`, kind: 'inferred', type, name, namespace: '', versions: [], root: false, rate, p50: p50 * MS, fault, error: 0, throttle,
})

export const nodes: Node[] = [
  { id: 'client/prod/web', kind: 'client', type: 'client', name: 'client', namespace: '', versions: [], root: false, rate: 42, p50: 0, fault: 0, error: 0, throttle: 0 },
  { ...service('web', 'storefront', 'service', 42, 96, 0.012, 0.002, ['3.14.0', '3.13.2']), root: true },
  service('checkout', 'storefront', 'AWS::ECS::Container', 7.4, 210, 0.009, 0.003, ['1.9.0', '1.8.2']),
  service('cart', 'storefront', 'service', 18, 14, 0.002, 0.0002),
  service('catalog', 'storefront', 'service', 31, 32, 0.02, 0.0005, ['2.2.1']),
  service('payment', 'money', 'AWS::EKS::Container', 7.1, 120, 0.006, 0.004, ['5.0.3']),
  service('orders', 'money', 'service', 7.2, 38),
  service('shipping', 'logistics', 'service', 6.9, 24, 0.001),
  service('notifications-email-worker', 'logistics', 'AWS::Lambda::Function', 6.9, 340, 0, 0.011, ['0.4.7']),
  inferred('shop', 'Database::PostgreSQL', 58, 3.1),
  inferred('cart-cache', 'Database::Redis', 36, 0.4),
  inferred('products', 'AWS::DynamoDB::Table', 28, 4.2, 0, 0.006),
  inferred('order-events', 'AWS::SQS::Queue', 7.2, 9),
  inferred('api.stripe.com', 'remote', 7.1, 88, 0.006, 0.004),
  inferred('smtp.mailhost.example', 'remote', 6.9, 210, 0.01),
]

export const edges: { source: string; target: string; async: boolean; share: number }[] = [
  ['client', 'web'], ['web', 'catalog'], ['web', 'cart'], ['web', 'checkout'], ['checkout', 'cart'], ['checkout', 'payment'], ['checkout', 'orders'],
  ['checkout', 'shipping'], ['payment', 'api.stripe.com'], ['orders', 'shop'], ['orders', 'order-events'], ['catalog', 'products'], ['cart', 'cart-cache'],
  ['shipping', 'shop'], ['order-events', 'notifications-email-worker'], ['notifications-email-worker', 'smtp.mailhost.example'],
].map(([a, b]) => ({ source: byName(a).id, target: byName(b).id, async: a === 'order-events', share: a === 'checkout' && b === 'cart' ? 0.4 : b === 'cart' ? 0.6 : a === 'shipping' && b === 'shop' ? 0.12 : a === 'orders' && b === 'shop' ? 0.88 : 1 }))

export function byName(name: string): Node {
  const node = nodes.find((n) => n.name === name)
  if (node === undefined) throw new Error(`no node ${name}`)
  return node
}

/** How bad the payment provider is at a moment, 0 to 1: for seven minutes of every 45 it fails. */
export function incident(ms: number): number {
  const minute = (ms / 60_000) % 45
  if (minute < 26 || minute > 33) return 0
  return Math.sin(((minute - 26) / 7) * Math.PI) ** 0.6
}

/** How busy the shop is: a day's wave and some noise. */
export function load(ms: number): number {
  const day = Math.sin((ms / 86_400_000) * 2 * Math.PI - 1.2) * 0.3
  const noise = (rng(Math.floor(ms / 15_000))() - 0.5) * 0.14
  return Math.max(0.2, 1 + day + noise)
}

const AFFECTED: Record<string, number> = { 'api.stripe.com': 0.55, payment: 0.5, checkout: 0.46, web: 0.08 }

export function shares(node: Node, ms: number): Record<Outcome, number> {
  const bad = incident(ms)
  const fault = Math.min(0.95, node.fault + (AFFECTED[node.name] ?? 0) * bad)
  const throttle = node.throttle * (1 + 3 * bad)
  return { fault, throttle, error: node.error, ok: 1 - fault - throttle - node.error }
}

export function p50At(node: Node, ms: number): number {
  const slow = 1 + (AFFECTED[node.name] ?? 0) * 2.2 * incident(ms)
  return node.p50 * slow * (0.94 + 0.12 * rng(Math.floor(ms / 30_000) ^ node.name.length)())
}

export type Point = { requests: number } & Record<Outcome, number> & { p50: number; p95: number; p99: number }

export function pointAt(node: Node, ms: number, seconds: number, share = 1): Point {
  const requests = Math.round(node.rate * share * load(ms) * seconds)
  const s = shares(node, ms)
  const jitter = rng((Math.floor(ms / 1000) * 31) ^ node.id.length)
  const part = (x: number) => (x === 0 ? 0 : Math.round(requests * x * (0.6 + 0.8 * jitter())))
  const fault = part(s.fault)
  const error = part(s.error)
  const throttle = part(s.throttle)
  const p50 = p50At(node, ms)
  return { requests, fault, error, throttle, ok: Math.max(0, requests - fault - error - throttle), p50, p95: p50 * (2.6 + jitter()), p99: p50 * (4.5 + 3 * jitter()) }
}

export type Stats = ReturnType<typeof statsOf>

export function statsOf(node: Node, from: number, to: number, share = 1) {
  const step = Math.max(60_000, (to - from) / 60)
  const sum = { requests: 0, ok: 0, error: 0, throttle: 0, fault: 0 }
  let p50 = 0
  let n = 0
  for (let t = from; t < to; t += step, n++) {
    const p = pointAt(node, t, step / 1000, share)
    sum.requests += p.requests
    sum.ok += p.ok
    sum.error += p.error
    sum.throttle += p.throttle
    sum.fault += p.fault
    p50 += p.p50
  }
  p50 /= Math.max(1, n)
  const histogram: [number, number, number][] = []
  for (let i = -14; i < 26; i++) {
    const low = p50 * 1.2 ** i
    const x = i / 4.4
    const count = Math.round(sum.requests * 0.078 * Math.exp(-(x * x) / 2) * (i > 0 ? 1.1 : 0.95) + (i > 14 ? sum.fault * 0.08 * Math.exp(-((i - 18) ** 2) / 6) : 0))
    if (count > 0) histogram.push([Math.round(low), Math.round(low * 1.2), count])
  }
  return {
    ...sum,
    rate: sum.requests / ((to - from) / 1000),
    avg_ns: Math.round(p50 * 1.28),
    p50_ns: Math.round(p50),
    p95_ns: Math.round(p50 * 3.1),
    p99_ns: Math.round(p50 * 5.8),
    max_ns: Math.round(p50 * 21),
    histogram,
  }
}

export function stepOf(from: number, to: number): number {
  return [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].find((s) => (to - from) / 1000 / s <= 120) ?? 86_400
}

export function seriesOf(node: Node, from: number, to: number, share = 1) {
  const step_s = stepOf(from, to)
  const start = Math.floor(from / 1000 / step_s) * step_s * 1000
  const out = { step_s, start: new Date(start).toISOString(), requests: [] as number[], ok: [] as number[], error: [] as number[], throttle: [] as number[], fault: [] as number[], p50_ns: [] as number[], p95_ns: [] as number[], p99_ns: [] as number[] }
  for (let t = start; t < to; t += step_s * 1000) {
    const p = pointAt(node, t, step_s, share)
    out.requests.push(p.requests)
    out.ok.push(p.ok)
    out.error.push(p.error)
    out.throttle.push(p.throttle)
    out.fault.push(p.fault)
    out.p50_ns.push(Math.round(p.p50))
    out.p95_ns.push(Math.round(p.p95))
    out.p99_ns.push(Math.round(p.p99))
  }
  return out
}
