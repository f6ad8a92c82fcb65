// Drives other people's pages, unchanged, against a running Sightline: Jaeger's from the folder JAEGER_UI, Zipkin's from ZIPKIN_LENS, each
// with the files that its own build makes (index.html beside its assets). SIGHTLINE_URL is the page's address, SIGHTLINE_OTLP that of OTLP
// over HTTP. The browser is CHROMIUM (/usr/bin/chromium).
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { serve } from './serve.mjs'

const { JAEGER_UI, ZIPKIN_LENS } = process.env
if (!JAEGER_UI) console.log("== skipped: Jaeger's page; name the folder of its built files: JAEGER_UI=folder make conformance (docs/api-jaeger.md)")
if (!ZIPKIN_LENS) console.log("== skipped: Zipkin's page; name the folder of its built files: ZIPKIN_LENS=folder make conformance (docs/api-zipkin.md)")
if (!JAEGER_UI && !ZIPKIN_LENS) process.exit()

const { chromium } = createRequire(new URL('../../../ui/package.json', import.meta.url))('playwright-core')
const target = process.env.SIGHTLINE_URL
const id = bytes => randomBytes(bytes).toString('hex')
const shop = `page-${id(3)}`
const web = `${shop}-web`
const cart = `${shop}-cart`
const traces = [id(16), id(16)]
for (const [i, traceId] of traces.entries()) {
  const now = BigInt(Date.now() - 2000 + i) * 1_000_000n
  const span = (spanId, parentSpanId, name, kind, from, to, more = {}) => ({ traceId, spanId, parentSpanId, name, kind, startTimeUnixNano: `${now + BigInt(from) * 1_000_000n}`, endTimeUnixNano: `${now + BigInt(to) * 1_000_000n}`, ...more })
  const resource = (name, spans) => ({ resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] }, scopeSpans: [{ spans }] })
  const [root, call, served] = [id(8), id(8), id(8)]
  const body = JSON.stringify({
    resourceSpans: [
      resource(web, [span(root, '', 'GET /cart', 2, 0, 90), span(call, root, 'cart.Get', 3, 10, 80)]),
      resource(cart, [span(served, call, 'cart.Get', 2, 20, 70, { status: { code: i === 0 ? 2 : 0 }, attributes: [{ key: 'http.response.status_code', value: { intValue: i === 0 ? '500' : '200' } }] })]),
    ],
  })
  const answer = await fetch(`${process.env.SIGHTLINE_OTLP}/v1/traces`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  assert.equal(answer.status, 200, await answer.text())
}
const until = Date.now() + 60_000
while (!(await (await fetch(`${target}/jaeger/api/services`)).text()).includes(cart)) {
  assert.ok(Date.now() < until, 'the services have not become visible in a minute')
  await new Promise(done => setTimeout(done, 300))
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const patience = { timeout: 45_000 }

/** Opens a page of those files and runs checks on it; what it asks for and does not get fails them. */
async function drive(name, options, checks) {
  const files = await serve({ target, ...options })
  const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage()
  const broken = []
  page.on('pageerror', e => broken.push(e.message))
  try {
    let done = 0
    await checks(page, files.url, async (what, run) => {
      await run()
      done++
      console.log(`  ok  ${what}`)
    })
    assert.deepEqual([...files.failed, ...broken], [], `${name}: what failed`)
    console.log(`${name}: ${done} checks`)
  } finally {
    await page.close()
    files.close()
  }
}

try {
  if (JAEGER_UI) {
    const config = { monitor: { menuEnabled: true }, dependencies: { menuEnabled: true } }
    const index = html => html.replace('<base href="/"', '<base href="/jaeger/"').replace('const DEFAULT_CONFIG = null', `const DEFAULT_CONFIG = ${JSON.stringify(config)}`)
    await drive("Jaeger's page", { folder: JAEGER_UI, prefix: '/jaeger', api: /^\/jaeger\/api\//, index }, async (page, url, check) => {
      const span = `start=${(Date.now() - 600e3) * 1000}&end=${(Date.now() + 60e3) * 1000}`
      const found = t => page.locator(`a[href*="/trace/${t}"]`).first()
      await check('a search by service lists its traces', async () => {
        await page.goto(`${url}/jaeger/search?service=${web}&limit=20&lookback=custom&${span}`)
        for (const t of traces) await found(t).waitFor(patience)
      })
      await check('a search by tags', async () => {
        await page.goto(`${url}/jaeger/search?service=${cart}&limit=20&lookback=custom&${span}&tags=${encodeURIComponent('{"error":"true","http.status_code":"500"}')}`)
        await found(traces[0]).waitFor(patience)
        assert.equal(await found(traces[1]).count(), 0)
      })
      await check('a trace', async () => {
        await page.goto(`${url}/jaeger/trace/${traces[0]}`)
        await page.getByText('Total Spans').first().waitFor(patience)
        for (const text of [web, cart, 'cart.Get']) await page.getByText(text).first().waitFor(patience)
      })
      await check('two traces compared', async () => {
        await page.goto(`${url}/jaeger/trace/${traces[0]}...${traces[1]}?cohort=${traces[0]}&cohort=${traces[1]}`)
        await page.getByText('VS', { exact: true }).first().waitFor(patience)
        await page.getByText('GET /cart').nth(1).waitFor(patience)
      })
      await check('the architecture', async () => {
        await page.goto(`${url}/jaeger/dependencies`)
        await page.getByText(cart).first().waitFor({ ...patience, state: 'attached' })
      })
      await check('the Monitor tab', async () => {
        await page.goto(`${url}/jaeger/monitor?service=${cart}`)
        await page.getByText('Request rate').first().waitFor(patience)
      })
    })
  }

  if (ZIPKIN_LENS) {
    await drive("Zipkin's page", { folder: ZIPKIN_LENS, prefix: '/zipkin', api: /^\/zipkin\/(api\/|config\.json$)/ }, async (page, url, check) => {
      await check('a search by service lists its traces', async () => {
        await page.goto(`${url}/zipkin/?serviceName=${cart}&lookback=15m&limit=10`)
        await page.getByRole('button', { name: /run query/i }).click(patience)
        await page.getByText('GET /cart').nth(1).waitFor(patience)
      })
      await check('a trace', async () => {
        await page.goto(`${url}/zipkin/traces/${traces[0]}`)
        for (const text of [web, cart]) await page.getByText(new RegExp(text, 'i')).first().waitFor(patience)
      })
      await check('the dependencies', async () => {
        await page.goto(`${url}/zipkin/dependency?startTime=${Date.now() - 600e3}&endTime=${Date.now() + 60e3}`)
        const answer = page.waitForResponse(r => r.url().includes('/api/v2/dependencies'), patience)
        const run = page.getByRole('button', { name: /run query/i })
        await run.click(patience)
        assert.equal((await answer).status(), 200)
      })
    })
  }
} finally {
  await browser.close()
}
