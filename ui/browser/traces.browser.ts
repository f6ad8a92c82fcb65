// Trace search as people use it: the query, the facets, the box on the chart, the comparison, and both lists by keyboard.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { makeComparison, makeFacets, makeHeatmap, makeSpans, makeTraces, START } from '../src/pure/testdata/search'
import { makeTrace } from '../src/pure/testdata/trace'
import { accessible, settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

const HOUR = `from=${START}&to=${START + 3_600_000}`
const COLUMNS = ['http.route', 'http.response.status_code']

function answers(spans: number): Record<string, string> {
  const out: Record<string, string> = {
    traces: JSON.stringify(makeTraces(200)),
    spans: JSON.stringify(makeSpans(200, COLUMNS)),
    'spans/heatmap': JSON.stringify(makeHeatmap(spans)),
    'spans/facets': JSON.stringify(makeFacets(['class', 'service', 'name', 'customer.tier'])),
    'spans/compare': JSON.stringify(makeComparison()),
    complete: JSON.stringify({ items: [{ text: 'http.route', kind: 'key', count: 9 }, { text: 'customer.tier', kind: 'key', count: 3 }] }),
  }
  for (const t of makeTraces(3).traces) out[`traces/${t.trace_id}`] = JSON.stringify(makeTrace(60, 'shop', 10))
  return out
}

async function open(query = '', spans = 8000): Promise<Page> {
  const page = await stage.open(`/traces?${HOUR}${query}`, answers(spans))
  await page.waitForSelector('[role="listitem"] a, article')
  return page
}

type Drawn = { look: string; dots: number; cells: number; bars: number; frame: { left: number; right: number; top: number; bottom: number } }
// The probe's answers are untyped by design; Chart gives this one.
const chart = (page: Page) => page.evaluate(() => window.sightlineProbe?.chart?.()) as Promise<Drawn | undefined>
const params = (page: Page) => new URL(page.url()).searchParams

test('few spans are dots, many are a heatmap, and the reader may choose', async () => {
  const few = await open('', 900)
  await expect.poll(async () => (await chart(few))?.dots).toBe(200)
  await few.close()
  const many = await open('')
  await expect.poll(async () => (await chart(many))?.look).toBe('heatmap')
  expect((await chart(many))?.bars).toBe(120)
  await many.getByRole('radio', { name: 'Dots' }).check()
  await expect.poll(async () => (await chart(many))?.look).toBe('scatter')
  await many.reload()
  await expect.poll(async () => (await chart(many))?.look).toBe('scatter')
  await many.close()
})

test('a box on the chart filters the list, zooms, and goes back', async () => {
  const page = await open()
  await expect.poll(async () => (await chart(page))?.look).toBe('heatmap')
  const box = await page.locator('canvas').boundingBox()
  if (box === null) throw new Error('there is no chart')
  await page.mouse.move(box.x + 300, box.y + 60)
  await page.mouse.down()
  await page.mouse.move(box.x + 500, box.y + 120, { steps: 5 })
  await page.mouse.up()
  await page.waitForURL(/brush=/)
  await page.getByRole('group', { name: 'Selection on the chart' }).waitFor()
  const sides = (params(page).get('brush') ?? '').split(',').map(Number)
  expect(sides).toHaveLength(4)
  expect(sides.every((s) => s > 0)).toBe(true)
  await page.getByRole('button', { name: 'Zoom in' }).click()
  await page.waitForURL(/duration/)
  expect(params(page).get('from')).toBe(String(sides[0]))
  expect(params(page).get('q')).toMatch(/^root and duration >= .* and duration <= /)
  expect(params(page).has('brush')).toBe(false)
  await page.goBack()
  await page.waitForURL(/brush=/)
  await page.goBack()
  await page.waitForURL((url) => !url.searchParams.has('brush'))
  await page.close()
})

test('the same box by keyboard', async () => {
  const page = await open()
  await page.getByRole('button', { name: 'Select by numbers' }).press('Enter')
  await page.getByLabel('At least').fill('500ms')
  await page.getByLabel('At least').press('Enter')
  await page.waitForURL(/brush=0,0,500000000,0/)
  await page.getByRole('button', { name: 'Clear the selection' }).press('Enter')
  await page.waitForURL((url) => !url.searchParams.has('brush'))
  await page.close()
})

test('facets include, leave out, and ask for one alone', async () => {
  const page = await open()
  const web = page.getByRole('region', { name: 'Service' }).getByRole('button', { name: /^web/ })
  await web.click()
  await expect.poll(() => params(page).get('q')).toBe('service = web')
  await web.click()
  await expect.poll(() => params(page).get('q')).toBe(null)
  await web.click({ modifiers: ['Alt'] })
  await expect.poll(() => params(page).get('q')).toBe('service != web')
  await page.getByRole('button', { name: 'Only checkout' }).press('Enter')
  await expect.poll(() => params(page).get('q')).toBe('service = checkout')
  await page.getByRole('button', { name: 'Kind' }).click()
  await page.waitForURL(/open=kind/)
  await page.getByRole('button', { name: 'Pin an attribute' }).click()
  await page.getByRole('button', { name: 'customer.tier' }).click()
  await page.waitForURL(/pins=customer.tier/)
  await page.close()
})

test('what is different about the failures, down to a filter, in one link', async () => {
  const page = await open()
  await page.getByRole('button', { name: 'Compare failures' }).click()
  await page.getByRole('heading', { name: 'What is different about the failures?' }).waitFor()
  await expect.poll(() => page.locator('article').count()).toBe(20)
  expect(await page.getByRole('heading', { name: 'request.id' }).count()).toBe(0)
  await page.getByRole('switch').check()
  await page.getByRole('heading', { name: 'request.id' }).waitFor()
  await page.getByLabel('Find an attribute').fill('tier')
  await expect.poll(() => page.locator('article').count()).toBe(1)
  await page.getByLabel('Against').selectOption('before')
  await page.waitForURL(/base=before/)
  await page.reload()
  await expect.poll(() => page.locator('article').count()).toBe(1)
  await page.locator('article').getByRole('button', { name: /^gold/ }).click()
  await expect.poll(() => params(page).get('q')).toBe('customer.tier = gold')
  await page.close()
})

test('the list goes by keyboard: rows, a look beside, marks, and the way to compare', async () => {
  const page = await open()
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  const peek = page.getByRole('complementary', { name: 'Trace beside the list' })
  await peek.getByText('Where the time went').waitFor()
  await page.keyboard.press('c')
  await page.keyboard.press('j')
  await page.keyboard.press('c')
  await page.getByRole('link', { name: 'Compare these traces' }).waitFor()
  expect(params(page).get('mark')?.split(',')).toHaveLength(2)
  await expect.poll(() => params(page).get('peek')).toBe(makeTraces(2).traces[1].trace_id)
  await page.keyboard.press('Escape')
  await peek.waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/trace\//)
  await page.close()
})

test('spans with chosen columns, kept in the link and in this browser', async () => {
  const page = await open()
  await page.getByRole('radio', { name: 'Spans' }).check()
  await page.waitForURL(/view=spans/)
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('textbox', { name: 'Attribute for a column' }).fill('http.r')
  await page.getByRole('button', { name: 'http.route', exact: true }).click()
  await page.waitForURL(/cols=http.route/)
  await page.getByRole('textbox', { name: 'Attribute for a column' }).fill('http.response.status_code')
  await page.keyboard.press('Enter')
  await page.waitForURL(/cols=http.route,http/)
  await page.keyboard.press('Escape')
  await page.locator('[title^="http.route = /route/"]').first().waitFor()
  expect(await page.locator('[role="listitem"]').count()).toBeLessThan(60)
  await page.goto(page.url().replace(/&cols=[^&]*/, ''))
  await page.locator('[title^="http.route = /route/"]').first().waitFor()
  await page.close()
})

test('typing is never waited for', async () => {
  const page = await open()
  await page.keyboard.press('/')
  await page.keyboard.type('service = web and duration > 500ms', { delay: 5 })
  expect(await page.getByRole('combobox', { name: 'Search traces' }).inputValue()).toBe('service = web and duration > 500ms')
  await page.keyboard.press('Enter')
  await expect.poll(() => params(page).get('q')).toBe('service = web and duration > 500ms')
  await page.close()
})

test.each(['', '&view=spans&cols=http.route,http.response.status_code', '&cmp=failed', `&brush=0,0,500000000,0`, `&peek=${makeTraces(1).traces[0].trace_id}&mark=${makeTraces(1).traces[0].trace_id}`])('/traces?%s has no accessibility violations', async (query) => {
  const page = await open(query)
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForFunction((s) => document.documentElement.dataset.theme === s, scheme)
    await settled(page)
    await accessible(page, 'all')
  }
  await page.close()
})
