// The page in a real browser, on the real program and the real shop: from an empty instance to the call that broke.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage, type Shop, type Sightline, startShop, startSightline, until } from './harness.ts'
import { accessible } from './look.ts'

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

describe('the page', () => {
  test('an empty instance says how to send, and goes on when the first span is there', async () => {
    const { page, problems } = await openPage(browser, sightline.page)
    await page.getByText(new URL(sightline.http).host).first().waitFor()
    await accessible(page)
    await sightline.run('send', '--endpoint', sightline.http, '--service', 'first', '--name', 'GET /hello')
    const link = page.locator('main a[href*="/trace/"]').first()
    await link.waitFor({ timeout: 30_000 })
    await link.click()
    await page.getByText('GET /hello').first().waitFor()
    await page.goto(`${sightline.page}/alerts`)
    await page.getByRole('heading', { name: 'No alerting rules yet' }).waitFor()
    await accessible(page)
    expect(problems).toEqual([])
    await page.context().close()
    shop = startShop(sightline, 25)
  })

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
