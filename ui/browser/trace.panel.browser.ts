// The side panel: a span among the others of its operation, pinned attributes, columns, and the ways to compare.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { makeTrace } from '../src/pure/testdata/trace'
import { accessible, settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

const wire = makeTrace(120, 'shop', 30)
const keys = ['http.route', 'http.request.method', 'db.system.name', 'db.namespace', 'peer.service', 'customer.tier', 'net.host', 'net.port', 'queue']
const attributes = keys.map((key) => ({ key, type: 'string', value: `value of ${key}` }))
const typical = { trace_id: 'a'.repeat(32), span_id: '00000000000000aa', start: '2025-11-22T08:00:00Z', duration_ns: 4e8, class: 'ok', by: 'structure', sample: 80, alike: 61, structures: 4, median_ns: 3.9e8 }
const operation = {
  name: 'POST /checkout', service: 'gateway', env: 'prod', kind: 'server', typical, slowest: { ...typical, trace_id: wire.trace_id },
  stats: { requests: 100, ok: 100, error: 0, throttle: 0, fault: 0, rate: 1, avg_ns: 1, p50_ns: 4e8, p95_ns: 8e8, p99_ns: 9e8, histogram: [[1e8, 4e8, 50], [4e8, 8e8, 45], [8e8, 9e8, 5]] },
  series: { step_s: 60, start: '', ok: [], error: [], throttle: [], fault: [], p50_ns: [], p95_ns: [], p99_ns: [] },
}

async function open(query: string): Promise<Page> {
  const id = wire.spans.id[0]
  const span = {
    trace_id: wire.trace_id, span_id: id, parent_id: '', name: 'POST /checkout', service: 'gateway', kind: 'server', class: 'ok', status: 'unset', status_message: '', start: wire.start, duration_ns: 1e9, trace_state: '', flags: 0, peer: null,
    attributes, dropped_attributes: 0, resource: { attributes: [], schema_url: '', dropped_attributes: 0 }, scope: { name: '', version: '', schema_url: '', attributes: [], dropped_attributes: 0 },
    events: [], links: [], dropped_events: 0, dropped_links: 0, linked_from: [],
  }
  const page = await stage.open(`/trace/${wire.trace_id}?span=${id}&tab=attributes${query}`, {
    [`traces/${wire.trace_id}`]: JSON.stringify(wire),
    [`traces/${wire.trace_id}/spans/${id}`]: JSON.stringify({ spans: [span] }),
    'services/gateway/operations/POST%20%2Fcheckout': JSON.stringify(operation),
    spans: JSON.stringify({ spans: [{ span_id: id, values: [attributes[0]] }], columns: ['http.route'], next_cursor: null, complete: true, reason: '', searched_from: '', elapsed_ms: 1, rows_read: 1, query: '' }),
  })
  await page.waitForSelector('[data-view]')
  return page
}

test('a span is told among the others of its operation and leads to a typical one', async () => {
  const page = await open('')
  await page.getByText('Slower than 99 % of 100').waitFor()
  await page.getByRole('img', { name: /p50 .*, p95/ }).waitFor()
  const link = await page.getByRole('link', { name: 'Compare with a typical one' }).getAttribute('href')
  expect(link).toContain(`/compare/${typical.trace_id}/${wire.trace_id}`)
  expect(link).toContain('sa=00000000000000aa')
  await page.close()
})

test('pinned attributes stand first, also after a reload', async () => {
  const page = await open('')
  const first = () => page.evaluate(() => document.querySelector('aside dl dt, aside section dl dt')?.textContent)
  await page.getByText('customer.tier', { exact: true }).hover()
  await page.getByRole('button', { name: 'Pin customer.tier to the top' }).click()
  await page.getByRole('heading', { name: 'Pinned' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Pinned' }).waitFor()
  await page.getByRole('button', { name: 'Unpin customer.tier' }).waitFor()
  expect(await first()).toBeDefined()
  await page.getByLabel('Filter attributes').fill('db.')
  await page.getByRole('heading', { name: 'Pinned' }).waitFor({ state: 'detached' })
  expect(await page.locator('aside dd[data-type]').count()).toBe(2)
  await page.close()
})

test('an attribute becomes a column of the timeline, and goes again', async () => {
  const page = await open('')
  await page.getByText('http.route', { exact: true }).hover()
  await page.getByRole('button', { name: 'Show http.route in the timeline' }).click()
  await page.waitForURL(/cols=http\.route/)
  await page.locator('[data-waterfall] [title="http.route = value of http.route"]').waitFor()
  await page.getByRole('button', { name: 'Take http.route off the timeline' }).first().click()
  await page.waitForURL((url) => !url.search.includes('cols='))
  await page.close()
})

test('the menu offers a typical trace and takes any id, a link too', async () => {
  const page = await open('')
  await page.getByRole('button', { name: 'Compare', exact: true }).click()
  await page.getByText('A typical one', { exact: true }).waitFor()
  await page.getByText('this one').waitFor()
  await settled(page)
  await accessible(page, 'all')
  const box = page.getByLabel('Trace id to compare with')
  await box.fill('nonsense')
  await box.press('Enter')
  await page.getByText('That is no trace id').waitFor()
  await box.fill(`http://other.example/trace/${'c'.repeat(32)}?span=1`)
  await box.press('Enter')
  await page.waitForURL(new RegExp(`/compare/c{32}/${wire.trace_id}`))
  await page.close()
})

test('zooms leave a trail that leads back; a handle moves one edge', async () => {
  const page = await open('&tab=none')
  const view = () => page.evaluate(() => (window.sightlineProbe?.timeline?.() as { view: { from: number; to: number } }).view)
  await page.keyboard.press('w')
  await page.keyboard.press('w')
  await page.getByRole('navigation', { name: 'Zoom' }).waitFor()
  const before = await view()
  const box = await page.locator('[data-handle="to"]').boundingBox()
  if (!box) throw new Error('there is no handle')
  await page.mouse.move(box.x + 6, box.y + 10)
  await page.mouse.down()
  await page.mouse.move(box.x - 80, box.y + 10, { steps: 4 })
  await page.mouse.up()
  await expect.poll(async () => (await view()).to).toBeLessThan(before.to)
  expect((await view()).from).toBe(before.from)
  await page.getByRole('button', { name: /^All / }).click()
  await expect.poll(async () => (await view()).to).toBeGreaterThanOrEqual(wire.duration_ns)
  await page.getByRole('navigation', { name: 'Zoom' }).waitFor({ state: 'detached' })
  await page.close()
})

test('the table groups by status and its order is in the link', async () => {
  const page = await open('&tab=none&view=table&by=status')
  await page.getByRole('button', { name: /^Spans/ }).click()
  await page.waitForURL(/sort=count/)
  await page.getByRole('button', { name: /^Spans/ }).click()
  await page.waitForURL(/dir=asc/)
  await page.reload()
  expect(await page.locator('th[aria-sort="ascending"]').textContent()).toContain('Spans')
  await page.close()
})

test('a filtered timeline has no accessibility violations', async () => {
  const page = await open('&show=errors')
  await settled(page)
  await accessible(page, 'all')
  await page.close()
})
