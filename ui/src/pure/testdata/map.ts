// Generated service maps for tests: layered, hub-heavy, 1.6 edges a node, seeded.
import type { MapEdge, MapNode, ServiceMap, Stats } from '../../api/types'
import { seeded } from './trace'

const TYPES = ['Database::PostgreSQL', 'Cache::Redis', 'AWS::SQS::Queue', 'AWS::DynamoDB::Table', 'remote', 'Kafka', 'AWS::S3::Bucket', 'AWS::SNS::Topic']
const WORDS = ['checkout', 'cart', 'payments', 'inventory', 'pricing', 'shipping', 'users', 'fraud', 'mailer', 'search', 'ledger', 'reviews', 'media', 'orders']

export function makeStats(requests: number, fault = 0, error = 0, throttle = 0, p50 = 20e6): Stats {
  return {
    requests, fault, error, throttle, ok: requests - fault - error - throttle, rate: requests / 3600,
    avg_ns: p50 * 1.2, p50_ns: p50, p95_ns: p50 * 4, p99_ns: p50 * 8,
    histogram: [[p50 / 2, p50, requests / 2], [p50, p50 * 2, requests * 0.4], [p50 * 2, p50 * 8, requests * 0.1]],
  }
}

export function makeNode(id: string, change: Partial<MapNode> = {}): MapNode {
  return { id, kind: 'service', type: 'service', name: id, env: 'prod', namespace: '', versions: [], root: false, team: '', stats: makeStats(1000), ...change }
}

export function makeEdge(source: string, target: string, stats: Stats = makeStats(1000), change: Partial<MapEdge> = {}): MapEdge {
  return { id: `${source}>${target}`, source, target, async: false, stats, server: null, server_classed: true, event_age: null, ...change }
}

export function asMap(nodes: MapNode[], edges: MapEdge[]): ServiceMap {
  return {
    from: '2026-11-22T13:00:00Z', to: '2026-11-22T14:00:00Z', generated: '2026-11-22T14:00:00Z', complete: true, notes: [], envs: ['prod'],
    nodes, edges, buckets: { step_s: 60, start: '2026-11-22T13:00:00Z', requests: [], bad: [] },
  }
}

/** A map of n nodes: a client, about two thirds services in teams that mostly call one another, the rest what they call. */
export function makeMap(n: number, seed = 11): ServiceMap {
  const random = seeded(seed)
  const services = Math.max(2, Math.round(n * 0.66))
  const teams = Math.max(2, Math.round(Math.sqrt(services)))
  const size = Math.ceil(services / teams)
  const lead = (i: number) => i - (i % size) // teams stand side by side; the first of each is called from outside
  const near = (i: number) => (i % size !== 0 && random() < 0.85 ? lead(i) + Math.floor(random() * (i % size)) : lead(Math.floor(random() * random() * i)))
  const nodes: MapNode[] = [makeNode('client', { kind: 'client', type: 'client', name: 'gateway', stats: null })]
  const edges: MapEdge[] = [makeEdge('client', 'svc-0')]
  for (let i = 0; i < services; i++) {
    const word = WORDS[i % WORDS.length]
    const requests = Math.round(100 + random() ** 3 * 1e6)
    const fails = random() < 0.06 ? requests * random() * 0.2 : 0
    nodes.push(makeNode(`svc-${i}`, {
      name: i < WORDS.length ? word : `${word}-worker-${i}`, namespace: `team-${Math.floor(i / size)}`,
      root: i === 0, stats: makeStats(requests, fails, requests * 0.002, 0, 1e6 + random() * 2e8),
    }))
    if (i > 0) edges.push(makeEdge(`svc-${near(i)}`, `svc-${i}`, makeStats(requests, fails)))
  }
  for (let i = services + 1; i < n; i++) {
    const type = TYPES[i % TYPES.length]
    const owner = Math.floor(random() * services)
    nodes.push(makeNode(`peer-${i}`, { kind: 'inferred', type, name: `${type.split(':').pop()?.toLowerCase() ?? ''}-${i}`, namespace: nodes[owner + 1].namespace }))
    edges.push(makeEdge(`svc-${owner}`, `peer-${i}`))
  }
  const seen = new Set(edges.map((e) => e.id))
  for (let tries = 0; tries < n * 8 && edges.length < n * 1.6; tries++) {
    const b = Math.floor(random() * services)
    const a = near(Math.max(1, b))
    const e = makeEdge(`svc-${Math.min(a, b)}`, `svc-${Math.max(a, b)}`)
    if (a !== b && !seen.has(e.id)) edges.push(e)
    seen.add(e.id)
  }
  return asMap(nodes, edges)
}
