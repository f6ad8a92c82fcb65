// The whole way, once: the real program and the real shop, asked through the API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Shop, type Sightline, startShop, startSightline, until } from './harness.ts'

interface Node {
  id: string
  kind: string
  type: string
  name: string
  stats: { requests: number; ok: number; error: number; throttle: number; fault: number } | null
}
interface ServiceMap {
  nodes: Node[]
  edges: { source: string; target: string; async: boolean; stats: { requests: number } }[]
}
interface Search {
  traces: { trace_id: string; class: string; root: { service: string; name: string } | null; matched: { span_id: string; service: string; class: string } }[]
}
interface Trace {
  trace_id: string
  focus: number
  span_count: number
  services: { name: string }[]
  dict: { name: string[]; peer_name: string[] }
  spans: { id: string[]; service: number[]; name: number[]; class: number[]; parent: number[]; depth: number[]; peer_name: number[] }
}
interface Status {
  ingest: { traces: { received: number; stored: number; rejected: Record<string, number>; deduplicated: number; in_journal: number; dead_letter: number } }
}

let sightline: Sightline
let shop: Shop

beforeAll(async () => {
  sightline = await startSightline()
  shop = startShop(sightline, 25)
})
afterAll(async () => {
  await shop.stop()
  await sightline.stop()
})

// What must be on the map, as "name type", and which calls, as "from -> to" (~> through a queue).
const nodes = [
  'web service', 'catalog service', 'recommendations service', 'checkout service', 'loyalty service', 'fulfilment service', 'mailer service', 'restock service',
  'receipts AWS::Lambda::Function', 'api.paybridge.example remote', 'loyalty-points AWS::DynamoDB::Table', 'receipts AWS::SQS::Queue', 'web client',
]
const typed = [/ Database::MySQL$/, / Database::PostgreSQL$/, / Cache::Redis$/, /^orders Queue::NATS$/]
const calls = [
  'web -> web', 'web -> catalog', 'web -> recommendations', 'web -> checkout', 'checkout -> catalog', 'checkout -> loyalty', 'checkout -> api.paybridge.example', 'checkout -> orders',
  'orders ~> fulfilment', 'fulfilment -> mailer', 'loyalty -> loyalty-points', 'loyalty -> receipts', 'receipts ~> receipts', 'restock -> catalog',
]

function names(map: ServiceMap): { nodes: string[]; calls: string[] } {
  const name = new Map(map.nodes.map((node) => [node.id, node.name]))
  return {
    nodes: map.nodes.map((node) => `${node.name} ${node.type}`),
    calls: map.edges.map((edge) => `${name.get(edge.source) ?? '?'} ${edge.async ? '~>' : '->'} ${name.get(edge.target) ?? '?'}`),
  }
}

describe('the shop, through the API', () => {
  test('every service, database, queue and host is on the map with its type and calls', async () => {
    let seen = { nodes: [] as string[], calls: [] as string[] }
    const missing = (): string[] => [
      ...nodes.filter((node) => !seen.nodes.includes(node)),
      ...typed.filter((type) => !seen.nodes.some((node) => type.test(node))).map(String),
      ...calls.filter((call) => !seen.calls.includes(call)),
    ]
    await until('complete map', async () => {
      seen = names(await sightline.get<ServiceMap>('/api/map?from=now-15m'))
      return missing().length === 0 ? true : undefined
    }).catch(() => undefined)
    expect(missing(), `seen: ${JSON.stringify(seen, null, 1)}`).toEqual([])
    expect(seen.calls).not.toContain('? -> ?')
  })

  test('a failed checkout opens on the call to the payment provider', async () => {
    const found = await until('failed checkout', async () => {
      const answer = await sightline.get<Search>(`/api/traces?from=now-15m&q=${encodeURIComponent('service = checkout and class = fault and name = "POST /orders"')}`)
      return answer.traces.find((trace) => trace.root !== null)
    })
    expect(found.root).toEqual({ service: 'web', name: 'POST /checkout' })
    const trace = await until('whole trace', async () => {
      const answer = await sightline.get<Trace>(`/api/traces/${found.trace_id}`)
      return answer.services.length >= 3 ? answer : undefined
    })
    const { spans, focus } = trace
    expect(trace.dict.peer_name[spans.peer_name[focus] ?? -1]).toBe('api.paybridge.example')
    expect(trace.services[spans.service[focus] ?? -1]?.name).toBe('checkout')
    expect(spans.class[focus]).toBe(3)
    expect(spans.parent[0]).toBe(-1)
    const xray = `1-${found.trace_id.slice(0, 8)}-${found.trace_id.slice(8)}`
    expect((await sightline.get<Trace>(`/api/traces/${xray}`)).trace_id).toBe(found.trace_id)
  })

  test('throttling by the provider and by DynamoDB is throttling, not failure', async () => {
    const map = await until('throttled calls', async () => {
      const answer = await sightline.get<ServiceMap>('/api/map?from=now-15m')
      const throttled = (name: string): boolean => answer.nodes.some((node) => node.name === name && node.kind === 'inferred' && (node.stats?.throttle ?? 0) > 0)
      return throttled('api.paybridge.example') && throttled('loyalty-points') ? answer : undefined
    })
    for (const { name, stats } of map.nodes) {
      if (stats !== null) expect(stats.ok + stats.error + stats.throttle + stats.fault, name).toBeCloseTo(stats.requests, 6)
    }
    expect(map.nodes.find((node) => node.name === 'loyalty-points')?.stats?.fault).toBe(0)
  })

  test('what was received is accounted for, to the span', async () => {
    await until('balanced account', async () => {
      const { received, stored, rejected, deduplicated, in_journal, dead_letter } = (await sightline.get<Status>('/api/status')).ingest.traces
      const sum = stored + Object.values(rejected).reduce((a, b) => a + b, 0) + deduplicated + in_journal + dead_letter
      expect(dead_letter).toBe(0)
      return received > 1000 && sum === received ? true : undefined
    })
  })
})
