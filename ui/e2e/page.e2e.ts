// The page in a real browser, on the real program and the real shop: from an empty instance to the call that broke.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desktop, openBrowser, openPage, type Shop, type Sightline, startShop, startSightline, until, type View } from './harness.ts'

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

const phone: View = { width: 390, height: 844, theme: 'light' }
const map = '/map?from=now-15m'

/** Nothing on the page may break the rules of WCAG 2.1 A and AA that can be checked by a program. */
async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze()
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)).toEqual([])
}

/** SIGHTLINE_SCREENSHOTS=1 renews the pictures of the documentation. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env['SIGHTLINE_SCREENSHOTS'] === undefined) return
  const folder = path.resolve(import.meta.dirname, '../../docs/img')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wide, 'pixels that the page is wider than the window').toBeLessThanOrEqual(0)
}

describe('the page', () => {
  test('an empty instance says how to send, and goes on when the first span is there', async () => {
    const { page, problems } = await openPage(browser, sightline.page)
    await page.getByText(new URL(sightline.http).host).first().waitFor()
    await accessible(page)
    await picture(page, 'start-dark')
    await sightline.run('send', '--endpoint', sightline.http, '--service', 'first', '--name', 'GET /hello')
    const link = page.locator('main a[href*="/trace/"]').first()
    await link.waitFor({ timeout: 15_000 })
    await link.click()
    await page.getByText('GET /hello').first().waitFor()
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
    await picture(page, 'map-dark')
    await page.getByRole('list', { name: 'What is failing' }).getByRole('button', { name: /paybridge/ }).first().click()
    const panel = page.getByRole('complementary').filter({ hasText: 'paybridge' })
    await panel.waitFor()
    await accessible(page)
    await picture(page, 'map-panel-dark')
    await panel.getByLabel(/Fault/).check()
    await panel.getByRole('link', { name: /^View .*traces?$/ }).click()
    await page.waitForURL(/\/traces\?/)
    const first = page.locator('main a[href*="/trace/"]').first()
    await first.waitFor()
    await accessible(page)
    await picture(page, 'traces-dark')
    await first.click()
    await page.waitForURL(/\/trace\//)
    const selected = page.locator('[data-waterfall] [aria-selected="true"]')
    await selected.waitFor()
    expect(await selected.textContent()).toContain('paybridge')
    await page.getByText('http.response.status_code').first().waitFor()
    expect(await page.getByRole('complementary').last().textContent()).toContain('503')
    await accessible(page)
    await picture(page, 'trace-dark')

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

  const screens: [string, string, string][] = [
    ['map', map, '[data-node*="paybridge"]'],
    ['traces', '/traces?from=now-15m', 'main a[href*="/trace/"]'],
    ['services', '/services?from=now-15m', 'main a[href*="/services/checkout"]'],
    ['service', '/services/checkout?from=now-15m', 'text=POST /orders'],
    ['settings', '/settings', 'text=Received'],
    ['start', '/start', 'text=OTLP'],
  ]
  for (const [name, at, ready] of screens) {
    test(`${name} is accessible and fits, wide and dark, narrow and light`, async () => {
      for (const view of [desktop, phone]) {
        const { page, problems } = await openPage(browser, sightline.page + at, view)
        await page.locator(ready).first().waitFor()
        await accessible(page)
        await fits(page)
        await picture(page, `${name}-${view === phone ? 'phone-light' : 'dark'}`)
        expect(problems, at).toEqual([])
        await page.context().close()
      }
    })
  }

  test('the JavaScript of a page is under 250 KB gzipped, the map\'s drawing library aside', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    let bytes = 0
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') {
        void response.request().sizes().then((sizes) => (bytes += sizes.responseBodySize))
      }
    })
    await page.goto(`${sightline.page}/traces?from=now-15m`, { waitUntil: 'networkidle' })
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(250_000)
    await context.close()
  })
})
