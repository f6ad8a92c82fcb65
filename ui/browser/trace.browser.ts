// The trace view as people use it: failures first, every key, and links that restore exactly what was seen.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { makeTrace } from '../src/pure/testdata/trace'
import { accessible, settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

const wire = makeTrace(300, 'shop', 40)
const idOf = (row: number) => wire.spans.id[row]

function detail(row: number): string {
  return JSON.stringify({
    spans: [{
      span_id: idOf(row), parent_id: '', name: 'x', service: 'cart', kind: 'server', class: 'fault', status: 'error', status_message: 'boom', start: wire.start, duration_ns: 1, trace_state: '', flags: 0, peer: null,
      attributes: [{ key: 'http.route', type: 'string', value: '/pay' }], dropped_attributes: 0, resource: { attributes: [], schema_url: '', dropped_attributes: 0 },
      scope: { name: '', version: '', schema_url: '', attributes: [] }, events: [{ time: wire.start, offset_ns: 0, name: 'exception', attributes: [{ key: 'exception.type', type: 'string', value: 'IOError' }], dropped_attributes: 0 }],
      links: [], dropped_events: 0, dropped_links: 0, linked_from: [],
    }],
  })
}

const log = {
  id: '1', time: '2025-11-22T08:00:00Z', time_unix_nano: wire.start, observed_time_unix_nano: wire.start, trace_id: wire.trace_id, span_id: idOf(0), flags: 0, severity: 'error', severity_number: 17, severity_text: 'ERROR', event_name: '',
  body: { type: 'string', value: 'the disk is full' }, body_bytes: 16, service: 'cart', namespace: '', env: '', version: '', attributes: [], dropped_attributes: 0, scope: { name: '', version: '', schema_url: '', attributes: [], dropped_attributes: 0 },
}
const LOGS = JSON.stringify({ records: [log, { ...log, id: '2', severity: 'info', span_id: '' }], more: false })

async function open(query = ''): Promise<Page> {
  const answers: Record<string, string> = { [`traces/${wire.trace_id}`]: JSON.stringify(wire) }
  answers[`traces/${wire.trace_id}/logs`] = LOGS
  for (let i = 0; i < wire.spans.id.length; i++) answers[`traces/${wire.trace_id}/spans/${idOf(i)}`] = detail(i)
  const page = await stage.open(`/trace/${wire.trace_id}${query}`, answers)
  await page.waitForSelector('[data-view]')
  return page
}

type Drawn = { rows: number; first: number; last: number; view: { from: number; to: number }; bars: { row: number; x0: number; x1: number }[] }
// The probe's answers are untyped by design; Waterfall gives this one.
const drawn = (page: Page) => page.evaluate(() => window.sightlineProbe?.timeline?.()) as Promise<Drawn>
const width = (d: Drawn) => d.view.to - d.view.from
const selected = (page: Page) => page.evaluate(() => Number(document.querySelector<HTMLElement>('[role="row"][aria-selected="true"]')?.dataset.row ?? NaN))

test('opens on the failure that the server calls most interesting, with its way open', async () => {
  const page = await open()
  await expect.poll(() => selected(page)).toBe(wire.focus)
  await page.getByRole('button', { name: `Next failure, 1 of ${wire.errors.length}` }).waitFor()
  await page.close()
})

test('e and shift+e go through the failures and back', async () => {
  const page = await open()
  await page.keyboard.press('e')
  await expect.poll(() => selected(page)).toBe(wire.errors[1])
  await page.keyboard.press('Shift+E')
  await page.keyboard.press('Shift+E')
  await expect.poll(() => selected(page)).toBe(wire.errors[wire.errors.length - 1])
  await page.close()
})

test('rows, tree and time obey their keys', async () => {
  const page = await open('?tab=none')
  await page.keyboard.press('Home')
  await expect.poll(() => selected(page)).toBe(0)
  const all = (await drawn(page)).rows
  await page.keyboard.press('ArrowLeft')
  await expect.poll(async () => (await drawn(page)).rows).toBe(1)
  await page.keyboard.press('ArrowRight')
  await expect.poll(async () => (await drawn(page)).rows).toBe(all)
  await page.keyboard.press('j')
  await expect.poll(() => selected(page)).not.toBe(0)
  await page.keyboard.press('p')
  await expect.poll(() => selected(page)).toBe(0)
  await page.keyboard.press('w')
  await expect.poll(async () => width(await drawn(page))).toBeLessThan(wire.duration_ns * 0.7)
  const near = (await drawn(page)).view
  await page.keyboard.press('d')
  await expect.poll(async () => (await drawn(page)).view.from).toBeGreaterThan(near.from)
  await page.keyboard.press('0')
  await expect.poll(async () => (await drawn(page)).view.from).toBe(0)
  await page.close()
})

test('a link restores the span, the zoom and the rows, to the pixel', async () => {
  const page = await open('?tab=none')
  await page.keyboard.press('e')
  await page.keyboard.press('f')
  await page.waitForURL(/zoom=/)
  await page.waitForURL(/span=/)
  expect(page.url()).toContain(`span=${idOf(wire.errors[1])}`)
  const before = await drawn(page)
  await page.reload()
  await page.waitForFunction(() => window.sightlineProbe?.timeline !== undefined)
  await expect.poll(() => selected(page)).toBe(wire.errors[1])
  await settled(page)
  const after = await drawn(page)
  const bar = (d: Drawn) => d.bars.find((b) => b.row === wire.errors[1])
  expect(Math.abs((bar(after)?.x0 ?? 0) - (bar(before)?.x0 ?? 99))).toBeLessThan(1)
  expect(Math.abs(after.view.from - before.view.from)).toBeLessThan(2)
  await page.close()
})

test('views are steps that back undoes, searches filter and walk', async () => {
  const page = await open('?tab=none')
  await page.keyboard.press('3')
  await page.waitForSelector('table')
  await page.waitForURL(/view=table/)
  await page.goBack()
  await page.waitForSelector('[data-waterfall]')
  await page.keyboard.press('/')
  await page.keyboard.type('service = cart')
  await page.waitForFunction(() => document.body.textContent?.includes('match'))
  await page.waitForURL(/[?&]q=service/) // a pause after the last key
  await page.keyboard.press('Enter')
  const cart = wire.services.findIndex((s) => s.name === 'cart')
  await expect.poll(async () => wire.spans.service[await selected(page)]).toBe(cart)
  await page.getByLabel('Spans shown').selectOption('match')
  await page.waitForFunction((n) => ((window.sightlineProbe?.timeline?.() as { rows: number } | undefined)?.rows ?? n) < n, wire.spans.id.length)
  await page.waitForURL(/show=match/)
  await page.close()
})

test('dragging over the minimap zooms, double-click gives the whole trace back', async () => {
  const page = await open('?tab=none')
  const box = await page.getByLabel('Part of the trace in view').boundingBox()
  if (!box) throw new Error('there is no minimap')
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 })
  await page.mouse.up()
  await expect.poll(async () => width(await drawn(page))).toBeLessThan(wire.duration_ns * 0.5)
  const { view } = await drawn(page)
  expect(view.from / wire.duration_ns).toBeCloseTo(0.25, 1)
  expect(view.to / wire.duration_ns).toBeCloseTo(0.5, 1)
  await page.mouse.dblclick(box.x + 30, box.y + 20)
  await expect.poll(async () => (await drawn(page)).view.to).toBeGreaterThanOrEqual(wire.duration_ns)
  await page.close()
})

test.each([
  ['', '[data-waterfall] [role="row"]'], ['?view=table', 'table'], ['?view=critical', '[data-view="critical"] li'], ['?view=flame', '[data-view="flame"] canvas'],
  ['?view=events', '[data-view="events"] section:has-text("the disk is full") ~ h2:has-text("Spans with events")'], ['?view=map', '[data-view="map"] [data-node]'],
])('a trace%s has no accessibility violations', async (query, ready) => {
  const page = await open(query)
  await page.locator(ready).first().waitFor()
  await settled(page)
  await accessible(page, 'all')
  await page.close()
})
