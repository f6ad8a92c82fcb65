// The whole way, once, on the real program and the real shop: from an empty instance to what the API says of the shop, and in a real browser to the
// call that broke.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage, type Shop, type Sightline, startShop, startSightline, until } from './harness.ts'
import { accessible } from './look.ts'

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
let shop: Shop | undefined
let browser: Browser

beforeAll(async () => {
  ;[sightline, browser] = await Promise.all([startSightline(), openBrowser()])
})
afterAll(async () => {
  await browser.close()
  await shop?.stop()
  await sightline.stop()
})

const map = '/map?from=now-15m'

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

describe('the page, empty', () => {
  test('an empty instance says how to send, and goes on when the first span is there', async () => {
    const { page, problems } = await openPage(browser, sightline.page)
    await page.getByText(new URL(sightline.http).host).first().waitFor()
    await accessible(page)
    await sightline.run('send', '--endpoint', sightline.http, '--service', 'first', '--name', 'GET /hello')
    const link = page.locator('main a[href*="/trace/"]').first()
    await link.waitFor()
    await link.click()
    await page.getByText('GET /hello').first().waitFor()
    await page.goto(`${sightline.page}/alerts`)
    await page.getByRole('heading', { name: 'No alerting rules yet' }).waitFor()
    await accessible(page)
    expect(problems).toEqual([])
    await page.context().close()
    shop = startShop(sightline, 25)
  })
})

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

describe('the page', () => {
  test('from the map to the call that broke', async () => {
    await until('failed payment on the map', async () => {
      const answer = await sightline.get<{ nodes: { name: string; kind: string; stats: { fault: number; throttle: number } | null }[] }>(`/api${map}`)
      const has = (name: string): boolean => answer.nodes.some((node) => node.name === name)
      const failing = answer.nodes.some((node) => node.name === 'api.paybridge.example' && (node.stats?.fault ?? 0) > 2)
      return failing && has('receipts') && has('loyalty-points') && has('restock') && has('mailer') ? true : undefined
    })
    const { page, problems } = await openPage(browser, sightline.page + map)
    const payments = page.locator('[data-node*="paybridge"]')
    await payments.waitFor()
    expect(await page.locator('[data-node]').count()).toBeGreaterThanOrEqual(15)
    await accessible(page)
    await page.getByRole('list', { name: 'Where faults and throttles begin' }).getByRole('button', { name: /paybridge/ }).first().click()
    const panel = page.getByRole('complementary').filter({ hasText: 'paybridge' })
    await panel.waitFor()
    await accessible(page)
    await panel.getByLabel(/Fault/).check()
    await panel.getByRole('link', { name: /^View traces/ }).click()
    await page.waitForURL(/\/traces\?/)
    const first = page.locator('main a[href*="/trace/"]').first()
    await first.waitFor()
    await accessible(page)
    await first.click()
    await page.waitForURL(/\/trace\//)
    const selected = page.locator('[data-waterfall] [aria-selected="true"]')
    await selected.waitFor()
    expect(await selected.textContent()).toContain('paybridge')
    await page.getByText('http.response.status_code').first().waitFor()
    expect(await page.getByRole('complementary').last().textContent()).toContain('503')
    await accessible(page)

    const text = await selected.textContent()
    const link = page.url()
    await page.reload()
    await selected.waitFor()
    expect(page.url()).toBe(link)
    expect(await selected.textContent()).toBe(text)
    await page.goBack()
    await page.waitForURL(/\/traces\?/)
    await first.waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('a link restores the exact view of a trace', async () => {
    const found = await sightline.get<{ traces: { trace_id: string }[] }>(`/api/traces?from=now-15m&q=${encodeURIComponent('service = checkout and class = fault')}`)
    const id = found.traces[0]?.trace_id ?? ''
    const { page, problems } = await openPage(browser, `${sightline.page}/trace/${id}`)
    await page.locator('[data-waterfall] [aria-selected="true"]').waitFor()
    await page.keyboard.press('k') // another span
    await page.keyboard.press('w') // closer
    const selected = await page.locator('[data-waterfall] [aria-selected="true"]').textContent()
    await page.waitForURL(/span=.*zoom=/)
    const other = await openPage(browser, page.url())
    const there = other.page.locator('[data-waterfall] [aria-selected="true"]')
    await there.waitFor()
    expect(await there.textContent()).toBe(selected)
    expect(other.page.url()).toBe(page.url())
    expect([...problems, ...other.problems]).toEqual([])
    await page.context().close()
    await other.page.context().close()
  })
})

describe('what the page loads', () => {
  beforeAll(async () => {
    await shop?.stop()
  })

  // The map's drawing library is the largest part, and comes after the page has drawn its frame.
  for (const [at, most] of [['/start', 200_000], ['/services', 210_000], ['/traces', 240_000], ['/map', 300_000]] as const) {
    test(`${at} loads at most ${most / 1000} KB of gzipped JavaScript`, async () => {
      const context = await browser.newContext({ extraHTTPHeaders: { 'Accept-Encoding': 'gzip' } })
      const page = await context.newPage()
      const sizes: Promise<number>[] = []
      page.on('response', (response) => {
        if (response.request().resourceType() !== 'script') return
        sizes.push(response.request().sizes().then(({ responseBodySize: bytes }) => (expect(response.headers()['content-encoding'] === 'gzip' || bytes < 1500, response.url()).toBe(true), bytes)))
      })
      await page.goto(`${sightline.page}${at}`, { waitUntil: 'networkidle' })
      const bytes = (await Promise.all(sizes)).reduce((sum, n) => sum + n, 0)
      expect(bytes).toBeGreaterThan(50_000)
      expect(bytes).toBeLessThan(most)
      await context.close()
    })
  }
})
