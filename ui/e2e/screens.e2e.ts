// Every screen, with the shop behind it, in both themes and from a phone's width to a wide desk's: complete, accessible, and it fits.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage, type Sightline, startShop, startSightline, until } from './harness.ts'
import { accessible, dress, fits, picture, settled, stays } from './look.ts'

let sightline: Sightline
let browser: Browser
const links = { failed: '', other: '', payments: '' }

beforeAll(async () => {
  ;[sightline, browser] = await Promise.all([startSightline({ SIGHTLINE_ALERTING_RULES: 'ui/e2e/rules.yml' }), openBrowser()])
  const shop = startShop(sightline, 25)
  await until('failed and good checkouts, and what they call', async () => {
    const find = async (q: string): Promise<string | undefined> => {
      const page = await sightline.get<{ traces: { trace_id: string; in_progress: boolean }[] }>(`/api/traces?from=now-15m&q=${encodeURIComponent(q)}`)
      return page.traces.find((trace) => !trace.in_progress)?.trace_id
    }
    const map = await sightline.get<{ nodes: { id: string; name: string; stats: { fault: number } | null }[] }>('/api/map?from=now-15m')
    const payments = map.nodes.find((node) => node.name === 'api.paybridge.example' && (node.stats?.fault ?? 0) > 2)
    const failed = await find('service = checkout and class = fault and duration > 1ms')
    const other = await find('service = checkout and name = "POST /orders" and class = ok')
    if (payments === undefined || failed === undefined || other === undefined || !map.nodes.some((node) => node.name === 'restock')) return undefined
    Object.assign(links, { failed, other, payments: payments.id })
    return true
  })
  await shop.stop() // what is there is enough, and the cores are for the pages
})
afterAll(async () => {
  await browser.close()
  await sightline.stop()
})

const desk = { width: 1440, height: 900 }
const wide = { width: 2560, height: 1440 }
const phone = { width: 390, height: 844 }

/** Name, address, and what is there once the screen is complete. */
const screens: [string, () => string, string][] = [
  ['map', () => '/map?from=now-15m', '[data-node*="paybridge"]'],
  ['map-panel', () => `/map?from=now-15m&sel=${encodeURIComponent(`n:${links.payments}`)}`, 'role=complementary >> text=paybridge'],
  ['map-teams', () => '/map?from=now-15m&group=team', '[data-node]:has-text("storefront")'],
  ['map-list', () => '/map?from=now-15m&view=list', 'text=api.paybridge.example'],
  ['traces', () => '/traces?from=now-15m', 'main a[href*="/trace/"]'],
  ['traces-heatmap', () => '/traces?from=now-15m&chart=heatmap', 'main a[href*="/trace/"]'],
  ['traces-spans', () => '/traces?from=now-15m&view=spans&cols=http.route,resource.host.name', 'main a[href*="/trace/"]'],
  ['traces-failures', () => '/traces?from=now-15m&cmp=failed&q=service+%3D+checkout', 'text=What is different'],
  ['trace', () => `/trace/${links.failed}`, '[data-waterfall] [aria-selected="true"]'],
  ['trace-flame', () => `/trace/${links.failed}?view=flame`, 'main canvas'],
  ['trace-table', () => `/trace/${links.failed}?view=table`, 'text=POST /orders'],
  ['trace-map', () => `/trace/${links.failed}?view=map`, '[data-node]'],
  ['trace-events', () => `/trace/${links.failed}?view=events`, 'text=Spans with events'],
  ['trace-critical', () => `/trace/${links.failed}?view=critical`, 'text=POST'],
  ['trace-json', () => `/trace/${links.failed}?view=json`, 'text=resourceSpans'],
  ['compare', () => `/compare/${links.failed}/${links.other}`, 'text=POST /orders'],
  ['services', () => '/services?from=now-15m', 'main a[href*="/services/checkout"]'],
  ['services-teams', () => '/services?from=now-15m&group=team', 'main a[href*="/services/checkout"]'],
  ['service', () => '/services/checkout?from=now-15m', 'text=POST /orders'],
  ['service-operation', () => '/services/checkout?from=now-15m&op=POST+%2Forders&kind=server', 'text=POST /orders'],
  ['service-dependencies', () => '/services/checkout?from=now-15m&tab=dependencies', 'text=api.paybridge.example'],
  ['service-deployments', () => '/services/recommendations?from=now-15m&tab=deployments', 'text=2.3.1'],
  ['service-instances', () => '/services/checkout?from=now-15m&tab=instances', 'text=checkout-1'],
  ['service-traces', () => '/services/checkout?from=now-15m&tab=traces', 'main a[href*="/trace/"]'],
  ['settings-retention', () => '/settings', 'text=different durations'],
  ['settings-delete', () => '/settings?tab=delete', 'main button'],
  ['exceptions', () => '/exceptions?from=now-15m', 'main a, main button'],
  ['alerts', () => '/alerts?from=now-15m', 'main [data-alert]'],
  ['settings-keys', () => '/settings?tab=keys', 'main button'],
  ['settings-endpoints', () => '/settings?tab=endpoints', 'text=OTLP'],
  ['settings-appearance', () => '/settings?tab=appearance', 'text=Dark'],
  ['status', () => '/status', 'main a[href*="/services/checkout"]'],
  ['start', () => '/start', 'text=OTLP'],
]

/** What fires is on every page; the rules are e2e/rules.yml. */
describe('alerts', () => {
  test('are on the map, in its list and its groups, and lead to their page and to the service', async () => {
    const { page, problems } = await openPage(browser, `${sightline.page}/map?from=now-15m`)
    const checkout = page.getByRole('button', { name: /^checkout, service,.*1 alert firing: CheckoutFails \(critical\)/ })
    await checkout.waitFor()
    await page.getByRole('button', { name: /^catalog, service,.*1 alert pending: CatalogWaits/ }).waitFor()
    await page.getByRole('list', { name: 'Legend' }).getByText('critical alert').waitFor()
    expect(await page.locator('[data-node] [data-shape="critical"]').count()).toBe(1)
    await page.getByRole('button', { name: 'With alerts only' }).click()
    await page.waitForFunction(() => document.querySelectorAll('[data-node]').length === 3)
    await page.waitForURL(/alerts=1/)
    await checkout.click()
    const panel = page.getByRole('complementary', { name: /^checkout/ })
    await panel.getByText('checkout fails a quarter of its requests').waitFor()
    expect(await panel.getByRole('link', { name: 'Runbook of CheckoutFails' }).getAttribute('href')).toBe('https://runbooks.example/checkout')
    expect(await panel.getByRole('link', { name: 'Traces of CheckoutFails' }).getAttribute('href')).toMatch(/^\/traces\?.*q=service\+%3D\+checkout/)
    await accessible(page)
    await panel.getByRole('link', { name: 'CheckoutFails', exact: true }).click()

    await page.waitForURL(/\/alerts\?.*rule=CheckoutFails/)
    const rows = page.locator('main [data-alert]')
    await page.waitForFunction(() => document.querySelectorAll('main [data-alert]').length === 1)
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.querySelectorAll('main [data-alert]').length === 4)
    expect(await rows.first().textContent()).toContain('CheckoutFails')
    expect(await rows.last().getAttribute('data-state')).toBe('pending')
    expect(await page.getByRole('region', { name: 'Group always' }).getByText('Never').count()).toBe(1)
    await page.keyboard.press('j')
    expect(await rows.first().evaluate((row) => row === document.activeElement)).toBe(true)
    await page.getByRole('link', { name: 'api.paybridge.example on the map' }).click()
    await page.getByRole('complementary', { name: /^api\.paybridge/ }).getByRole('link', { name: 'ProviderFlaky', exact: true }).waitFor()

    await page.goto(`${sightline.page}/map?from=now-15m&group=env`)
    await page.getByRole('button', { name: /^demo, [0-9]+ nodes.*2 alerts firing/ }).waitFor()
    await page.goto(`${sightline.page}/map?from=now-15m&view=list`)
    await page.getByRole('row', { name: /^checkout.*1 alert firing: CheckoutFails \(critical\)/ }).waitFor()
    await page.goto(`${sightline.page}/services?from=now-15m`)
    await page.getByRole('link', { name: /^checkout.*CheckoutFails/ }).click()
    await page.getByRole('region', { name: /^Alerts/ }).getByRole('link', { name: 'CheckoutFails', exact: true }).waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('of a time before the rules were there are none, and no rule says so', async () => {
    const { page, problems } = await openPage(browser, `${sightline.page}/alerts?from=now-3h&to=now-2h`)
    await page.getByText('Nothing fired').waitFor()
    await page.getByRole('link', { name: 'Alerts, 3 firing, 1 pending' }).waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })
})

test('a file with several traces opens with the largest, and the others are a key away', async () => {
  const documents = await Promise.all([links.failed, links.other].map(async (id) => JSON.stringify(await sightline.get(`/api/traces/${id}/otlp`))))
  const { page, problems } = await openPage(browser, `${sightline.page}/traces?from=now-15m`)
  await page.getByRole('button', { name: 'Open a file' }).click()
  await page.setInputFiles('input[type=file]', { name: 'two.jsonl', mimeType: 'application/json', buffer: Buffer.from(documents.join('\n')) })
  await page.waitForURL(/\/trace\/[0-9a-f]{32}\?.*file=1/)
  await page.getByRole('button', { name: '2 traces in this file' }).click()
  const list = page.getByRole('list', { name: 'Traces of two.jsonl' })
  await list.getByRole('link').nth(1).waitFor()
  expect(await list.getByRole('link').first().getAttribute('aria-current')).toBe('true')
  await accessible(page)
  const first = page.url()
  await list.getByRole('link').first().focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.href !== first && url.searchParams.get('file') === '1')
  await page.locator('[data-waterfall] [aria-selected="true"]').waitFor()
  await page.goBack()
  await page.waitForURL(first)
  await page.locator('[data-waterfall] [aria-selected="true"]').waitFor()
  expect(problems).toEqual([])
  await page.context().close()
})

// Each is loaded once, in turn dark and light, and then put into the other theme: what differs is the same either way.
describe.concurrent('every screen is complete, accessible and fits, in both themes and any width', () => {
  for (const [i, [name, at, ready]] of screens.entries()) {
    test(name, async () => {
      const themes = i % 2 === 0 ? (['dark', 'light'] as const) : (['light', 'dark'] as const)
      const { page, problems } = await openPage(browser, sightline.page + at(), { ...desk, theme: themes[0] })
      const complete = async (): Promise<void> => {
        await page.locator(ready).first().waitFor()
        await settled(page)
        await fits(page)
      }
      await page.waitForLoadState('networkidle')
      for (const theme of themes) {
        await dress(page, theme)
        await page.setViewportSize(desk)
        await complete()
        if (theme === themes[0]) await stays(page)
        await accessible(page)
        await picture(page, `${name}-${theme}`)
        await page.setViewportSize(theme === 'dark' ? wide : phone)
        await complete()
        if (theme === 'light') {
          await accessible(page)
          await picture(page, `${name}-phone`)
        }
      }
      expect(problems, name).toEqual([])
      await page.context().close()
    })
  }
})
