/** Made-up traces: the trace of a moment, a very long one, and a broken one. */
import { byName, incident, type Outcome, p50At, rng } from './shop'

export type Span = {
  id: string
  parent: Span | null
  children: Span[]
  service: string
  name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer */
  kind: number
  /** ns from the trace's start */
  start: number
  duration: number
  outcome: Outcome
  http: number
  peer: [type: string, name: string]
  attributes: Record<string, string | number | boolean>
  events: { offset: number; name: string; attributes: Record<string, string> }[]
  links: { trace_id: string; span_id: string }[]
  flags: number
}

export type Made = { id: string; start: bigint; spans: Span[]; warnings: { code: string; message: string }[]; inProgress: boolean }

/** One trace begins every 700 ms. */
export const EVERY_MS = 700
/** The trace with as many spans as its last digits say, and the broken one. */
export const LONG = /^6637a1b0c4d5e6f7000000000(\d{7})$/
export const BROKEN = '6637a1b0c4d5e6f70000000badbadbad'
const MS = 1e6

const hex = (n: number, width: number) => n.toString(16).padStart(width, '0').slice(-width)

export function idOf(k: number): string {
  const at = Math.floor((k * EVERY_MS) / 1000)
  const r = rng(k)
  return hex(at, 8) + hex(Math.floor(r() * 2 ** 32), 8) + hex(Math.floor(r() * 2 ** 32), 4) + hex(k, 12)
}

export function numberOf(id: string): number {
  return parseInt(id.slice(20), 16)
}

class Maker {
  spans: Span[] = []
  private n = 0
  constructor(
    private r: () => number,
    private seed: number,
  ) {}

  add(parent: Span | null, service: string, name: string, kind: number, start: number, more: Partial<Span> = {}): Span {
    const span: Span = {
      id: hex((this.seed * 2654435761) >>> 0, 8) + hex(++this.n + ((this.seed & 0xffff) << 12), 8),
      parent, children: [], service, name, kind, start, duration: 0, outcome: 'ok', http: 0, peer: ['', ''], attributes: {}, events: [], links: [], flags: 0, ...more,
    }
    parent?.children.push(span)
    this.spans.push(span)
    return span
  }

  /** A lognormal-ish time about a median, in ns. */
  time(p50: number): number {
    const z = this.r() + this.r() + this.r() - 1.5
    return Math.round(p50 * Math.exp(z * 1.15))
  }

  chance(p: number): boolean {
    return this.r() < p
  }

  /** Client and server side of a call; `inside` fills the server's time and returns its end. */
  call(parent: Span, at: number, service: string, name: string, inside: (server: Span, at: number) => number, attributes: Span['attributes'] = {}): { end: number; server: Span } {
    const client = this.add(parent, parent.service, name, 3, at, { peer: ['service', service], attributes })
    const net = this.time(0.4 * MS)
    const server = this.add(client, service, name, 2, at + net, { attributes })
    const end = inside(server, server.start + this.time(0.3 * MS)) + this.time(0.5 * MS)
    server.duration = end - server.start
    client.duration = end + net - client.start
    if (server.outcome !== 'ok') fail(client, server.outcome, server.http)
    client.http = server.http
    return { end: client.start + client.duration, server }
  }

  leaf(parent: Span, at: number, name: string, peer: Span['peer'], p50: number, attributes: Span['attributes'], more: Partial<Span> = {}): Span {
    const span = this.add(parent, parent.service, name, 3, at, { peer, attributes, ...more })
    span.duration = this.time(p50)
    return span
  }
}

function fail(span: Span, outcome: Outcome, http: number): void {
  span.outcome = outcome
  span.http = http
}

const SQL_USER = 'SELECT id, email, tier FROM users WHERE id = $1'
const SQL_STOCK = 'SELECT sku, qty FROM stock WHERE sku = $1 FOR UPDATE'
const SQL_ORDER = 'INSERT INTO orders (id, user_id, total_cents, currency, placed_at) VALUES ($1, $2, $3, $4, now())'
const ADDRESS = { 'server.address': 'pg-shop.internal', 'server.port': 5432, 'db.system.name': 'postgresql', 'db.namespace': 'shop' }

export function makeTrace(k: number): Made {
  const at = k * EVERY_MS
  const r = rng(k * 7 + 1)
  const m = new Maker(r, k)
  const kindOfVisit = r()
  const start = BigInt(at) * 1_000_000n + BigInt(Math.floor(r() * 1e6))
  const user = `u-${10_000 + Math.floor(r() * 5000)}`
  if (kindOfVisit < 0.5) browse(m, at, user)
  else if (kindOfVisit < 0.72) basket(m, user)
  else if (kindOfVisit < 0.95) checkout(m, at, user)
  else email(m, k)
  return { id: idOf(k), start, spans: m.spans, warnings: [], inProgress: Date.now() - at < 2500 && m.chance(0.6) }
}

function root(m: Maker, method: string, route: string, user: string, http = 200): Span {
  return m.add(null, 'web', `${method} ${route}`, 2, 0, {
    http,
    attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': http, 'url.path': route.replace('{sku}', 'SKU-20418'), 'user_agent.original': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 'user.id': user, 'client.address': '203.0.113.24' },
  })
}

function browse(m: Maker, at: number, user: string): void {
  const top = root(m, 'GET', '/products/{sku}', user)
  let t = m.time(2 * MS)
  const missing = m.chance(0.02)
  const throttled = m.chance(0.03 + 0.05 * incident(at))
  const { end, server } = m.call(top, t, 'catalog', 'GET /catalog/{sku}', (s, begin) => {
    let end = begin
    for (let tries = throttled ? 2 : 1; tries > 0; tries--) {
      const get = m.leaf(s, end, 'GetItem products', ['AWS::DynamoDB::Table', 'products'], 4.2 * MS, { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'rpc.method': 'GetItem', 'aws.dynamodb.table_names': '["products"]', 'cloud.region': 'eu-central-1' }, tries === 2 ? { outcome: 'throttle', http: 429, events: [{ offset: 3_100_000, name: 'retry', attributes: { reason: 'ProvisionedThroughputExceededException', 'retry.delay_ms': '25' } }] } : { http: 200 })
      end = get.start + get.duration + (tries === 2 ? 25 * MS : 0)
    }
    const reviews = m.add(s, 'catalog', 'rank reviews', 1, end)
    reviews.duration = m.time(11 * MS)
    if (missing) fail(s, 'error', 404)
    else s.http = 200
    return end + reviews.duration
  }, { 'http.request.method': 'GET', 'http.route': '/catalog/{sku}' })
  t = end + m.time(1 * MS)
  const render = m.add(top, 'web', 'render product page', 1, t)
  render.duration = m.time(24 * MS)
  top.duration = render.start + render.duration + m.time(1 * MS)
  if (server.outcome === 'error') fail(top, 'error', 404)
}

function basket(m: Maker, user: string): void {
  const top = root(m, 'POST', '/cart/items', user, 204)
  const { end } = m.call(top, m.time(2 * MS), 'cart', 'shop.Cart/AddItem', (s, begin) => {
    s.attributes = { 'rpc.system': 'grpc', 'rpc.service': 'shop.Cart', 'rpc.method': 'AddItem', 'rpc.grpc.status_code': 0 }
    const read = m.leaf(s, begin, 'HGETALL', ['Database::Redis', 'cart-cache'], 0.4 * MS, { 'db.system.name': 'redis', 'db.operation.name': 'HGETALL', 'server.address': 'cart-cache.internal' })
    const price = m.add(s, 'cart', 'price lines', 1, read.start + read.duration)
    price.duration = m.time(3 * MS)
    const write = m.leaf(s, price.start + price.duration, 'HSET', ['Database::Redis', 'cart-cache'], 0.4 * MS, { 'db.system.name': 'redis', 'db.operation.name': 'HSET', 'server.address': 'cart-cache.internal' })
    return write.start + write.duration
  })
  top.duration = end + m.time(2 * MS)
}

function checkout(m: Maker, at: number, user: string): void {
  const top = root(m, 'POST', '/checkout', user)
  const bad = m.chance(0.55 * incident(at) + 0.01)
  const order = `o-${(at / 700) % 1_000_000 | 0}`
  const { end, server } = m.call(top, m.time(3 * MS), 'checkout', 'POST /api/checkout', (s, begin) => {
    s.http = 200
    const cart = m.call(s, begin, 'cart', 'shop.Cart/GetCart', (c, t) => {
      const read = m.leaf(c, t, 'HGETALL', ['Database::Redis', 'cart-cache'], 0.4 * MS, { 'db.system.name': 'redis', 'db.operation.name': 'HGETALL' })
      return read.start + read.duration
    })
    let t = cart.end
    const items = 2 + Math.floor(m.time(3 * MS) / MS) % 9
    const reserve = m.call(s, t, 'shipping', 'POST /reserve', (sh, b) => {
      let end = b
      for (let i = 0; i < items; i++) {
        const q = m.leaf(sh, end, 'SELECT stock', ['Database::PostgreSQL', 'shop'], 2.2 * MS, { ...ADDRESS, 'db.operation.name': 'SELECT', 'db.query.text': SQL_STOCK })
        end = q.start + q.duration
      }
      return end
    }, { 'http.request.method': 'POST', 'http.route': '/reserve' })
    t = reserve.end
    const pay = m.call(s, t, 'payment', 'shop.Payment/Charge', (p, b) => {
      p.attributes = { 'rpc.system': 'grpc', 'rpc.service': 'shop.Payment', 'rpc.method': 'Charge', 'payment.provider': 'stripe', 'payment.amount_cents': 8420, 'payment.currency': 'EUR' }
      const risk = m.add(p, 'payment', 'score risk', 1, b)
      risk.duration = m.time(9 * MS)
      let end = risk.start + risk.duration
      for (let tries = bad ? 3 : 1; tries > 0; tries--) {
        const post = m.leaf(p, end, 'POST /v1/charges', ['remote', 'api.stripe.com'], p50At(byName('api.stripe.com'), at), { 'http.request.method': 'POST', 'server.address': 'api.stripe.com', 'server.port': 443, 'url.full': 'https://api.stripe.com/v1/charges', 'http.response.status_code': bad ? 503 : 200, 'http.request.resend_count': bad ? 3 - tries : 0 }, bad ? { outcome: 'fault', http: 503 } : { http: 200 })
        end = post.start + post.duration + (tries > 1 ? 40 * MS * (4 - tries) : 0)
      }
      if (bad) {
        fail(p, 'fault', 503)
        p.events.push({ offset: end - p.start, name: 'exception', attributes: { 'exception.type': 'shop.payment.ProviderUnavailable', 'exception.message': 'stripe: 503 after 3 attempts', 'exception.stacktrace': 'shop.payment.ProviderUnavailable: stripe: 503 after 3 attempts\n\tat shop.payment.Stripe.charge(Stripe.java:142)\n\tat shop.payment.Charges.charge(Charges.java:88)\n\tat shop.payment.PaymentService.charge(PaymentService.java:57)\n\tat io.grpc.stub.ServerCalls$UnaryServerCallHandler.onHalfClose(ServerCalls.java:182)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)' } })
      }
      return end
    })
    t = pay.end
    if (pay.server.outcome === 'fault') {
      fail(s, 'fault', 502)
      return t
    }
    const place = m.call(s, t, 'orders', 'shop.Orders/Place', (o, b) => {
      o.attributes = { 'rpc.system': 'grpc', 'rpc.service': 'shop.Orders', 'rpc.method': 'Place', 'order.id': order }
      const who = m.leaf(o, b, 'SELECT users', ['Database::PostgreSQL', 'shop'], 2 * MS, { ...ADDRESS, 'db.operation.name': 'SELECT', 'db.query.text': SQL_USER })
      const put = m.leaf(o, who.start + who.duration, 'INSERT orders', ['Database::PostgreSQL', 'shop'], 6 * MS, { ...ADDRESS, 'db.operation.name': 'INSERT', 'db.query.text': SQL_ORDER })
      const send = m.add(o, 'orders', 'send order-events', 4, put.start + put.duration, { peer: ['AWS::SQS::Queue', 'order-events'], attributes: { 'messaging.system': 'aws_sqs', 'messaging.destination.name': 'order-events', 'messaging.operation.type': 'send', 'messaging.message.id': `msg-${order}` } })
      send.duration = m.time(9 * MS)
      const consume = m.add(send, 'notifications-email-worker', 'process order-events', 5, send.start + send.duration + m.time(160 * MS), { attributes: { 'messaging.system': 'aws_sqs', 'messaging.destination.name': 'order-events', 'faas.trigger': 'pubsub' } })
      const mail = m.leaf(consume, consume.start + m.time(8 * MS), 'SMTP send', ['remote', 'smtp.mailhost.example'], 210 * MS, { 'server.address': 'smtp.mailhost.example', 'server.port': 587 })
      consume.duration = mail.start + mail.duration + 2 * MS - consume.start
      return send.start + send.duration
    })
    return place.end
  }, { 'http.request.method': 'POST', 'http.route': '/api/checkout' })
  top.duration = end + m.time(4 * MS)
  if (server.outcome !== 'ok') fail(top, server.outcome, 502)
  top.attributes['http.response.status_code'] = top.http
}

function email(m: Maker, k: number): void {
  const bad = m.chance(0.2)
  const top = m.add(null, 'notifications-email-worker', 'process dead letters', 5, 0, { links: [{ trace_id: idOf(k - 40), span_id: '0000000000000001' }] })
  const mail = m.leaf(top, m.time(6 * MS), 'SMTP send', ['remote', 'smtp.mailhost.example'], 210 * MS, { 'server.address': 'smtp.mailhost.example' })
  top.duration = mail.start + mail.duration + m.time(3 * MS)
  if (bad) {
    fail(mail, 'fault', 0)
    fail(top, 'fault', 0)
    mail.events.push({ offset: mail.duration, name: 'exception', attributes: { 'exception.type': 'smtplib.SMTPServerDisconnected', 'exception.message': 'Connection unexpectedly closed' } })
  }
}

/** A trace of `count` spans: a nightly job with deep and wide parts, some of which fail. */
export function makeLong(id: string, count: number): Made {
  const r = rng(count)
  const m = new Maker(r, count)
  const top = m.add(null, 'orders', 'nightly reconciliation', 1, 0)
  const services = ['orders', 'payment', 'shipping', 'catalog', 'cart']
  const names = ['load page', 'compare ledger', 'SELECT orders', 'fetch charge', 'write diff', 'notify', 'retry batch']
  let cursor = 0
  let batch = 0
  while (m.spans.length < count) {
    const b = m.add(top, 'orders', `batch ${Math.floor(batch / 10)}`, 1, cursor)
    batch++
    let t = cursor + 2 * MS
    const inside = Math.min(count - m.spans.length, 20 + Math.floor(r() * 180))
    const stack: Span[] = [b]
    for (let i = 0; i < inside; i++) {
      const parent = stack[stack.length - 1]
      const s = m.add(parent, services[Math.floor(r() * services.length)], names[Math.floor(r() * names.length)], r() < 0.5 ? 3 : 2, t)
      s.duration = m.time(4 * MS)
      if (r() < 0.004) fail(s, 'fault', 500)
      if (s.name.startsWith('SELECT')) s.peer = ['Database::PostgreSQL', 'shop']
      if (r() < 0.45 && stack.length < 14) stack.push(s)
      else {
        t += s.duration
        if (r() < 0.6 && stack.length > 1) stack.pop()
      }
    }
    cursor = t + 3 * MS
    b.duration = cursor - b.start
  }
  for (let i = m.spans.length - 1; i > 0; i--) {
    const s = m.spans[i]
    const end = s.start + s.duration
    if (s.parent && s.parent.start + s.parent.duration < end) s.parent.duration = end - s.parent.start
  }
  return { id, start: BigInt(Date.now() - 600_000) * 1_000_000n, spans: m.spans, warnings: [], inProgress: false }
}

/** A missing root, orphans, moved clocks, a duplicate id, a span that outlives its parent. */
export function makeBroken(id: string): Made {
  const made = makeTrace(20_000_003)
  const m = new Maker(rng(5), 99)
  checkout(m, 26.5 * 60_000, 'u-1')
  const spans = m.spans.slice(1)
  for (const s of spans) if (s.parent === m.spans[0]) Object.assign(s, { parent: null, flags: s.flags | 1 })
  spans[5].flags |= 2
  spans[7].flags |= 64
  spans[9].flags |= 16
  spans[9].duration += 60 * MS
  return { ...made, id, start: BigInt(Date.now() - 900_000) * 1_000_000n, spans, inProgress: false, warnings: [
    { code: 'missing_root', message: 'The root span has not arrived; 1 span has a parent that is not in this trace.' },
    { code: 'clock_skew', message: 'The clock of payment is 4.2 ms ahead; its spans were moved.' },
    { code: 'duplicate_span_ids', message: '2 spans share an id.' },
  ] }
}
