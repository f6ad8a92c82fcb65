// Is everything that is sent stored, and for how long: the status page and the settings of retention, on the real program in a real browser.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage, type Sightline, startSightline, until } from './harness.ts'
import { accessible, fits } from './look.ts'

let sightline: Sightline
let browser: Browser

beforeAll(async () => {
  ;[sightline, browser] = await Promise.all([startSightline(), openBrowser()])
})
afterAll(async () => {
  await browser.close()
  await sightline.stop()
})

const DAY_MS = 86_400_000
const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('')

/** Sends a span of the service that began then; the answer. */
async function send(service: string, at: number, traceId = hex(32), type = 'application/json'): Promise<string> {
  const body = {
    resourceSpans: [{
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ spans: [{ traceId, spanId: hex(16), name: 'work', kind: 2, startTimeUnixNano: `${Math.round(at)}000000`, endTimeUnixNano: `${Math.round(at) + 5}000000` }] }],
    }],
  }
  const answer = await fetch(`${sightline.http}/v1/traces`, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) })
  return answer.text()
}

interface Status { storage: { spans_rows: number } }
const status = (): Promise<Status> => sightline.get<Status>('/api/status')

describe('the status page', () => {
  test('says that nothing was sent yet, that all is stored, and what is not', async () => {
    const { page, problems } = await openPage(browser, `${sightline.page}/status`)
    await page.getByRole('heading', { name: 'Nothing was sent yet' }).waitFor()
    await accessible(page)
    await send('web', Date.now() - 1000)
    await page.getByRole('heading', { name: 'Everything that is sent is stored' }).waitFor()
    await send('web', Date.now() - 1000, '0'.repeat(32))
    await send('web', Date.now() + 9 * DAY_MS)
    await send('web', Date.now(), hex(32), 'text/plain')
    await page.getByRole('heading', { name: 'Not everything that is sent is stored' }).waitFor()
    const reasons = page.getByRole('region', { name: 'What is not stored, and why' })
    await reasons.getByText('ts_future').waitFor()
    await reasons.getByText("Set the sender's clock; it is ahead of this machine's.").waitFor()
    await reasons.getByText('media_type').waitFor()
    const last = reasons.locator('li', { hasText: 'ts_future' }).locator('summary')
    await last.focus()
    await page.keyboard.press('Enter')
    await reasons.getByText('ahead of this clock').waitFor()
    await page.getByRole('row', { name: /^Traces \S+ 3 1 2 / }).waitFor()
    await accessible(page)
    await fits(page)
    expect(problems).toEqual([])
    await page.context().close()
  })
})

describe('retention', () => {
  test('says what a change drops before it is made, drops it, and can be reset', async () => {
    const before = (await status()).storage.spans_rows
    for (const days of [2, 5, 6]) await send('web', Date.now() - days * DAY_MS)
    await until('old spans are stored', async () => ((await status()).storage.spans_rows === before + 3 ? true : undefined))
    const { page, problems } = await openPage(browser, `${sightline.page}/settings?tab=retention`)
    const traces = page.getByLabel('Days that traces are kept')
    await traces.fill('4000')
    await page.getByText('traces: Give between 1 and 3650 days.').waitFor()
    await traces.fill('3')
    await page.getByText('Traces are kept for 3 days instead of 7.').waitFor()
    await page.getByText('2 spans').waitFor()
    await page.getByLabel('Service to keep otherwise').fill('payments')
    await page.keyboard.press('Enter')
    await page.getByLabel('Days that traces of payments are kept').fill('30')
    await page.getByText('New traces of payments are kept for 30 days.').waitFor()
    await accessible(page)
    await page.getByRole('button', { name: /^Save, and drop / }).click()
    await page.getByText('set here, instead of 7 days').waitFor()
    await until('what is too old is gone', async () => ((await status()).storage.spans_rows === before + 1 ? true : undefined))
    await page.reload()
    await page.getByRole('rowheader', { name: 'payments' }).waitFor()
    expect(await traces.inputValue()).toBe('3')
    await page.getByRole('button', { name: 'Reset traces' }).click()
    await page.getByRole('button', { name: 'Remove payments' }).click()
    await page.getByText('Traces are kept for 7 days instead of 3.').waitFor()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('the default').first().waitFor()
    await until('all is as configured', async () => ((await sightline.get<{ services: unknown[]; signals: { days: number }[] }>('/api/retention')).signals[0]?.days === 7 ? true : undefined))
    expect(problems).toEqual([])
    await page.context().close()
  })
})
