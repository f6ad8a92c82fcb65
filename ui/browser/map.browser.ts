// The service map as people use it: by mouse, by keyboard, by link, and while figures change under it.
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { ServiceMap } from '../src/api/types'
import { makeEdge, makeMap, makeNode, makeStats } from '../src/pure/testdata/map'
import { accessible, settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

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
  await settled(page) // the first fit moves the view once
  const from = (await placed(page)).nodes.find((n) => n.id === 'svc-1')
  const box = await page.locator('[data-node="svc-1"]').boundingBox()
  if (!box || !from) throw new Error('svc-1 is not drawn')
  await page.mouse.move(box.x + box.width / 2, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + 90, { steps: 6 })
  await page.mouse.up()
  const at = async () => (await placed(page)).nodes.find((n) => n.id === 'svc-1')?.y ?? 0
  await expect.poll(at).toBeGreaterThan(from.y + 20)
  await settled(page)
  const moved = await at()
  await page.reload()
  await page.waitForSelector('[data-node="svc-1"]')
  await settled(page)
  expect(Math.abs((await at()) - moved)).toBeLessThan(2)
  await page.close()
})

test('the list twin has every node of the map', async () => {
  const page = await open('/map', () => makeMap(40))
  const drawn = await page.locator('[data-node]').count()
  await page.keyboard.press('v')
  await page.waitForSelector('table')
  expect(await page.locator('table').getAttribute('aria-rowcount')).toBe(String(drawn + 1))
  await page.locator('tbody button').first().focus()
  for (let i = 0; i < 39; i++) await page.keyboard.press('ArrowDown')
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex'))).toBe(String(drawn + 1))
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
  await expect.poll(() => page.locator('[data-node]').count()).toBe(two)
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

const BUCKETS = { step_s: 60, start: '2026-11-22T13:00:00Z', requests: Array.from({ length: 60 }, () => 100), bad: Array.from({ length: 60 }, (_, i) => (i === 3 ? 20 : 0)) }
const START = Date.UTC(2026, 10, 22, 13)

/** The whole range has every node; a moment, which comes as two epochs, lacks svc-2 and what it talks with. */
function played(url: URL): string {
  const map = { ...makeMap(12), buckets: BUCKETS }
  if (/^\d+$/.test(url.searchParams.get('from') ?? '')) {
    map.nodes = map.nodes.filter((n) => n.id !== 'svc-2').map((n) => ({ ...n, stats: n.stats && makeStats(60, 12) }))
    map.edges = map.edges.filter((e) => e.source !== 'svc-2' && e.target !== 'svc-2')
  }
  return JSON.stringify(map)
}

test('stepping and playing through the range changes figures, moves nothing, and leaves ghosts', async () => {
  const page = await stage.open('/map', { map: played, 'map/series': SERIES })
  await page.waitForSelector('[data-node]')
  const before = await placed(page)
  await page.keyboard.press(']')
  await page.waitForURL(new RegExp(`t=${START}`))
  await page.waitForSelector('[data-node="svc-2"][data-ghost]')
  const after = await placed(page)
  for (const n of before.nodes) expect(after.nodes.find((m) => m.id === n.id)).toMatchObject({ x: n.x, y: n.y })
  await page.keyboard.press('Shift+P')
  await page.keyboard.press('p')
  await page.waitForURL(new RegExp(`t=${START + 120_000}`))
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Play the time range' }).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForSelector('[data-node="svc-2"]:not([data-ghost])')
  expect(page.url()).not.toMatch(/t=/)
  await page.getByRole('slider', { name: /Moment/ }).focus()
  await page.keyboard.press('End')
  await page.waitForURL(new RegExp(`t=${START + 59 * 60_000}`))
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`from=${START + 59 * 60_000}&to=${START + 60 * 60_000}`))
  await page.close()
})

test('live moves dots along at most forty edges, and none where motion is unwanted', async () => {
  const page = await stage.open('/map?live=1', { map: JSON.stringify(makeMap(100)) })
  await page.waitForSelector('g[data-edge] animateMotion', { state: 'attached' })
  const flowing = await page.evaluate(() => [...document.querySelectorAll('g[data-edge]')].filter((g) => g.querySelector('animateMotion') !== null).length)
  expect(flowing).toBeLessThanOrEqual(40)
  expect(await page.getByRole('button', { name: 'Live', exact: true }).getAttribute('aria-pressed')).toBe('true')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await expect.poll(() => page.locator('animateMotion').count()).toBe(0)
  await page.close()
})

test('what vanishes while live stays as a ghost', async () => {
  let gone = false
  const page = await stage.open('/map', { map: () => { const m = makeMap(10); return JSON.stringify(gone ? { ...m, nodes: m.nodes.filter((n) => n.id !== 'svc-3'), edges: m.edges.filter((e) => e.source !== 'svc-3' && e.target !== 'svc-3') } : m) } })
  await page.waitForSelector('[data-node="svc-3"]')
  gone = true
  await page.keyboard.press('r')
  await page.waitForSelector('[data-node="svc-3"][data-ghost]')
  await page.close()
})

test('a range of durations and ways to end become a query, which the link keeps', async () => {
  const page = await open('/map?sel=n:svc-1', () => makeMap(10))
  await page.getByRole('button', { name: 'slower than p95' }).click()
  await page.getByLabel(/^Fault/).check()
  const query = await page.locator('aside code').textContent()
  expect(query).toMatch(/^service = cart and \(kind = server or kind = consumer\) and duration >= \S+ and duration <= \S+ and class = fault$/)
  await page.reload()
  await expect.poll(() => page.locator('aside code').textContent()).toBe(query)
  await page.getByRole('link', { name: /^View/ }).click()
  await page.waitForURL(/\/traces\?q=/)
  expect(new URL(page.url()).searchParams.get('q')).toBe(query)
  await page.close()
})

test('connections between closed groups have a panel of their own', async () => {
  const page = await open('/map?group=namespace', () => makeMap(60))
  await page.waitForSelector('g[data-edge]')
  const id = await page.evaluate(() => [...document.querySelectorAll<SVGGElement>('g[data-edge]')].map((g) => g.dataset.edge ?? '').find((e) => e.split('namespace:').length === 3))
  await page.evaluate((e) => document.querySelector(`g[data-edge="${CSS.escape(e ?? '')}"]`)?.dispatchEvent(new MouseEvent('click', { bubbles: true })), id)
  await page.getByText(/^\d+ connections?/).waitFor()
  await page.getByRole('heading', { name: 'Connections' }).waitFor()
  await page.close()
})

test('the legend lets everything but what failed step back', async () => {
  const page = await open('/map', () => makeMap(30))
  await page.getByRole('button', { name: '5xx' }).click()
  await page.waitForURL(/mark=fault/)
  await page.waitForSelector('[data-node][data-off]')
  await page.close()
})

test('a thousand ungrouped ask for a service and how far to look', async () => {
  const page = await stage.open('/map?group=none', { map: JSON.stringify(makeMap(1000)), 'map/series': SERIES })
  await page.getByText(/more than a picture can tell/).waitFor()
  await page.getByRole('combobox', { name: 'Find on the map' }).last().fill('payments')
  await page.keyboard.press('Enter')
  await page.waitForURL(/focus=.*hops=2|hops=2.*focus=/)
  await page.waitForSelector('[data-node]')
  await page.close()
})

test('a day before is compared with: what is worse, new and gone, in the picture, the panel and the file', async () => {
  const slow = (n: number) => makeStats(n, 0, 0, 0, 80e6)
  const now = { ...makeMap(6), nodes: [makeNode('a'), makeNode('b', { stats: slow(1000) }), makeNode('came')], edges: [makeEdge('a', 'b', slow(1000)), makeEdge('a', 'came')] }
  const then = { ...makeMap(6), nodes: [makeNode('a'), makeNode('b'), makeNode('went')], edges: [makeEdge('a', 'b'), makeEdge('a', 'went')] }
  const page = await stage.open('/map?sel=n:b', {
    map: (url) => JSON.stringify(url.searchParams.get('from') === 'now-25h' ? then : now),
    'map/series': SERIES,
    services: JSON.stringify({ services: [{ name: 'came', env: 'prod', namespace: '', type: 'service', team: '', versions: [], deployed: { version: '2', at: '2026-11-22T13:30:00Z' }, stats: slow(1), series: {} }], envs: ['prod'] }),
  })
  await page.getByRole('button', { name: 'How the map is drawn' }).click()
  await page.getByRole('radio', { name: '1 day' }).check()
  await page.waitForURL(/cmp=1d/)
  await page.getByRole('button', { name: /^b, .*p95 ×?\+?300/ }).waitFor()
  await page.getByRole('button', { name: /^came, .*new, v2 deployed/ }).waitFor()
  expect(await page.locator('[data-node="went"]').getAttribute('data-ghost')).toBe('true')
  expect(await page.locator('g[data-edge="a>b"]').getAttribute('data-tone')).toBe('worse')
  expect(await page.getByRole('row', { name: /^p95/ }).innerText()).toMatch(/320 ms\s+80 ms\s+\+300 %/)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as JSON' }).click()
  const file = JSON.parse(await readFile(await (await download).path(), 'utf8')) as ServiceMap
  expect(file.nodes.map((n) => n.id)).toEqual(['a', 'b', 'came'])
  await page.close()
})

test('parts of an address that make no sense are left out, and said', async () => {
  const page = await open('/map?hops=99&size=huge', () => makeMap(5))
  await page.getByText('hops=99, size=huge').waitFor()
  await page.close()
})

test.each(['/map', '/map?view=list', '/map?sel=n:svc-1', '/map?sel=n:svc-1&pane=dependencies', '/map?cmp=7d&live=1', '/map?cmp=1d&view=list&sel=n:svc-1', '/map?group=type'])('%s has no accessibility violations', async (at) => {
  const page = await stage.open(at, { map: JSON.stringify(makeMap(12)), 'map/series': SERIES })
  await page.waitForSelector(at.includes('list') ? 'table' : '[data-node]')
  await settled(page)
  await accessible(page, 'all')
  await page.close()
})
