// The service map as people use it: by mouse, by keyboard, by link, and while figures change under it.
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServiceMap } from '../src/api/types'
import { makeEdge, makeMap, makeNode, makeStats } from '../src/pure/testdata/map'
import { openStage, type Stage } from './stage'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.close()
})

const SERIES = JSON.stringify({ step_s: 60, start: '2026-11-22T13:00:00Z', ok: [1, 2], error: [0, 0], throttle: [0, 0], fault: [0, 1], p50_ns: [1e6, 2e6], p95_ns: [2e6, 3e6], p99_ns: [3e6, null] })

async function open(at: string, map: () => ServiceMap): Promise<Page> {
  const page = await stage.open(at, { map: () => JSON.stringify(map()), 'map/series': SERIES })
  await page.waitForSelector('[data-node]')
  return page
}

type Placed = { nodes: { id: string; x: number; y: number; r: number }[]; edges: number; zoom: number }
// The probe's answers are untyped by design; MapView gives this one.
const placed = (page: Page) => page.evaluate(() => window.sightlineProbe?.map?.()) as Promise<Placed>
const focused = (page: Page) => page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.dataset.node : undefined))

test('arrow keys walk along edges, Enter opens details, Escape closes them', async () => {
  const page = await open('/map', () => makeMap(10))
  await page.locator('[data-node="client"]').focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => focused(page)).toBe('svc-0')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => focused(page)).toBe('client')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.waitForSelector('aside')
  await page.waitForURL(/sel=n:svc-0/)
  await page.keyboard.press('Escape')
  await page.waitForSelector('aside', { state: 'detached' })
  await page.close()
})

test('figures change and nodes come without moving what is there', async () => {
  let busy = false
  const map = () => {
    const m = makeMap(10)
    if (!busy) return m
    return { ...m, nodes: [...m.nodes.map((n) => ({ ...n, stats: n.stats && makeStats(n.stats.requests * 3, 50) })), makeNode('new')], edges: [...m.edges, makeEdge('svc-1', 'new')] }
  }
  const page = await open('/map', map)
  const before = await placed(page)
  busy = true
  await page.keyboard.press('r')
  await page.waitForSelector('[data-node="new"]')
  const after = await placed(page)
  for (const n of before.nodes) expect(after.nodes.find((m) => m.id === n.id)).toMatchObject({ x: n.x, y: n.y })
  await page.close()
})

test('a dragged node stays where it was put, also after a reload', async () => {
  const page = await open('/map', () => makeMap(10))
  await page.waitForTimeout(300) // the first fit moves the view once
  const from = (await placed(page)).nodes.find((n) => n.id === 'svc-1')
  const box = await page.locator('[data-node="svc-1"]').boundingBox()
  if (!box || !from) throw new Error('svc-1 is not drawn')
  await page.mouse.move(box.x + box.width / 2, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + 90, { steps: 6 })
  await page.mouse.up()
  const moved = (await placed(page)).nodes.find((n) => n.id === 'svc-1')
  expect(moved?.y).toBeGreaterThan(from.y + 20)
  await page.reload()
  await page.waitForSelector('[data-node="svc-1"]')
  const kept = (await placed(page)).nodes.find((n) => n.id === 'svc-1')
  expect(Math.abs((kept?.y ?? 0) - (moved?.y ?? 0))).toBeLessThan(2)
  await page.close()
})

test('the list twin has every node of the map', async () => {
  const page = await open('/map', () => makeMap(40))
  const drawn = await page.locator('[data-node]').count()
  await page.keyboard.press('v')
  await page.waitForSelector('table')
  expect(await page.locator('tbody tr').count()).toBe(drawn)
  await page.goBack()
  await page.waitForSelector('[data-node]')
  await page.close()
})

test('search focuses what it finds; hops widen it; the link restores it', async () => {
  const page = await open('/map', () => makeMap(40))
  const all = await page.locator('[data-node]').count()
  await page.keyboard.press('/')
  await page.keyboard.type('payments')
  await page.keyboard.press('Enter')
  await page.waitForFunction((n) => document.querySelectorAll('[data-node]').length < n, all)
  const one = await page.locator('[data-node]').count()
  await page.getByRole('radio', { name: '2' }).check()
  await page.waitForFunction((n) => document.querySelectorAll('[data-node]').length > n, one)
  const two = await page.locator('[data-node]').count()
  await page.reload()
  await page.waitForSelector('[data-node]')
  expect(await page.locator('[data-node]').count()).toBe(two)
  await page.close()
})

test('a thousand services are grouped, a group opens into a box', async () => {
  const page = await open('/map', () => makeMap(1000))
  expect(await page.locator('[data-shape="group"]').count()).toBeGreaterThan(3)
  expect(await page.locator('[data-node]').count()).toBeLessThanOrEqual(250)
  await page.locator('[data-shape="group"]').first().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Open group' }).click()
  await page.getByRole('button', { name: /^Close group/ }).waitFor()
  await page.close()
})

test.each(['/map', '/map?view=list', '/map?sel=n:svc-1'])('%s has no accessibility violations', async (at) => {
  const page = await stage.open(at, { map: JSON.stringify(makeMap(12)), 'map/series': SERIES })
  await page.waitForSelector(at.includes('list') ? 'table' : '[data-node]')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([])
  await page.close()
})
