// Exceptions by group, and deleting what a person has sent, on the real program and in a real browser.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, openPage, type Sightline, startSightline, until } from './harness.ts'
import { accessible, dress, settled } from './look.ts'

let sightline: Sightline
let browser: Browser

beforeAll(async () => {
  ;[sightline, browser] = await Promise.all([startSightline(), openBrowser()])
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const spans = [1, 2, 3].map((n) => ({
    traceId: String(n).padStart(32, '0'), spanId: String(n).padStart(16, '0'), name: 'POST /cart', kind: 2, status: { code: 2 },
    startTimeUnixNano: `${Date.now() - n * 60_000}000000`, endTimeUnixNano: `${Date.now() - n * 60_000 + 40}000000`,
    attributes: [text('user.id', n === 3 ? '42' : '7')],
    events: [{ name: 'exception', timeUnixNano: `${Date.now() - n * 60_000}000000`, attributes: [
      text('exception.type', 'com.acme.StockException'), text('exception.message', `no stock of item ${n}`),
      text('exception.stacktrace', `com.acme.StockException: x\n\tat com.acme.Cart.add(Cart.java:${n})\n\tat java.base/java.lang.Thread.run(Thread.java:1)`),
    ] }],
  }))
  const body = { resourceSpans: [{ resource: { attributes: [text('service.name', 'cart'), text('service.version', '1.0')] }, scopeSpans: [{ spans }] }] }
  await fetch(`${sightline.http}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  await until('exceptions', async () => ((await sightline.get<{ groups: number }>('/api/exceptions')).groups === 1 ? true : undefined))
})
afterAll(async () => {
  await browser.close()
  await sightline.stop()
})

test('a group opens beside the list, and leads to a trace', async () => {
  const { page, problems } = await openPage(browser, `${sightline.page}/exceptions`)
  await page.getByRole('link', { name: 'StockException' }).click()
  await page.getByRole('region', { name: 'Stack trace' }).getByText('com.acme.Cart.add').waitFor()
  expect(new URL(page.url()).searchParams.get('sel')).toMatch(/^[0-9a-f]{16}$/)
  for (const theme of ['dark', 'light'] as const) {
    await dress(page, theme)
    await settled(page)
    await accessible(page)
  }
  await page.getByRole('complementary', { name: 'Group of exceptions' }).getByRole('link', { name: 'no stock of item 1' }).click()
  await page.getByRole('button', { name: 'Delete trace…' }).waitFor()
  expect(problems).toEqual([])
  await page.context().close()
})

test("a person's data is counted, deleted and on record", async () => {
  const { page, problems } = await openPage(browser, `${sightline.page}/settings?tab=delete`, { width: 390, height: 844, theme: 'light' })
  await page.getByLabel('What to delete').fill('user.id = "42"')
  await page.getByLabel('Until when').fill('2026-01-01T00:00')
  await page.getByRole('button', { name: 'Count what matches' }).click()
  await page.getByText('Nothing that is stored matches').waitFor()
  await page.getByLabel('From when').fill('2026-02-01T00:00')
  await page.getByText('The time range ends before it begins').waitFor()
  await accessible(page)
  await page.getByLabel('Until when').fill('')
  await page.getByRole('button', { name: 'Count what matches' }).click()
  await page.getByText('This deletes 1 trace and 1 span').waitFor()
  await page.getByLabel('Reason, for the record').fill('a wish')
  await accessible(page)
  await page.keyboard.press('Enter')
  await page.getByText('Gone from queries').waitFor()
  await page.getByText(', from 1 Feb').waitFor()
  await accessible(page)
  expect((await fetch(`${sightline.page}/api/traces/${'3'.padStart(32, '0')}`)).status).toBe(404)
  expect((await sightline.get<{ ingest: { traces: { stored: number; deleted: number } } }>('/api/status')).ingest.traces).toMatchObject({ stored: 3, deleted: 1 })
  expect(problems.filter((p) => !p.includes('404'))).toEqual([])
  await page.context().close()
})

test('a trace is deleted from its own page', async () => {
  const id = '1'.padStart(32, '0')
  for (const theme of ['light', 'dark'] as const) {
    const { page, problems } = await openPage(browser, `${sightline.page}/trace/${id}`, { width: theme === 'dark' ? 390 : 1440, height: 844, theme })
    await page.getByRole('button', { name: 'Delete trace…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete this trace for good?' })
    await dialog.getByText('This deletes 1 trace and 1 span').waitFor()
    await accessible(page)
    if (theme === 'light') {
      await dialog.getByRole('button', { name: 'Keep it' }).click()
      await dialog.waitFor({ state: 'hidden' })
      expect((await fetch(`${sightline.page}/api/traces/${id}`)).status).toBe(200)
    } else {
      await dialog.getByLabel('Reason, for the record').fill('sent by mistake')
      await page.keyboard.press('Enter')
      const begun = page.getByRole('dialog', { name: 'The trace is being deleted' })
      await begun.waitFor()
      await accessible(page)
      await begun.getByRole('link', { name: 'How far it is' }).click()
      const row = page.getByRole('listitem').filter({ hasText: 'sent by mistake' })
      await row.getByText('Gone from queries').waitFor()
      await row.getByText('from disk within about 10 minutes').waitFor()
      expect((await fetch(`${sightline.page}/api/traces/${id}`)).status).toBe(404)
    }
    expect(problems.filter((p) => !p.includes('404'))).toEqual([])
    await page.context().close()
  }
})
