// A trace whose spans still arrive: a refresh adds rows and moves nothing that is read.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { makeTrace } from '../src/pure/testdata/trace'
import type { TraceWire } from '../src/pure/trace'
import { settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

/** It ends now: of one that has been quiet for long nothing is expected any more. */
const whole = { ...makeTrace(600, 'shop', 0), start: `${Date.now() - 1000}000000` }

/** The trace without some of its subtrees: as it was before they came. */
function early(): TraceWire {
  const s = whole.spans
  const gone = new Set<number>()
  s.id.forEach((_, i) => {
    if (i > 0 && (gone.has(s.parent[i]) || (i % 5 === 0 && s.descendants[i] < 3))) gone.add(i)
  })
  const kept = s.id.map((_, i) => i).filter((i) => !gone.has(i))
  const at = new Map(kept.map((i, k) => [i, k]))
  const columns = Object.fromEntries(Object.entries(s).map(([name, column]) => [name, kept.map((i) => (column as unknown[])[i])])) as TraceWire['spans']
  return { ...whole, in_progress: true, spans: { ...columns, parent: kept.map((i) => at.get(s.parent[i]) ?? -1) }, span_count: kept.length, critical_path: [], errors: [], focus: 0 }
}

/** Names and tops, relative to the window, of the rows in view; what lies below the ancestors that stick to the top. */
const inView = (page: Page) =>
  page.evaluate(() => {
    const box = document.querySelector('[data-waterfall]')?.getBoundingClientRect()
    if (!box) return []
    const lid = document.querySelectorAll('[id^="sticky-"]').length * 24
    return [...document.querySelectorAll<HTMLElement>('[data-waterfall] [role="row"]')]
      .map((r) => ({ y: Math.round(r.getBoundingClientRect().top - box.top), text: r.querySelector('[role="gridcell"]')?.textContent ?? '', selected: r.getAttribute('aria-selected') === 'true' }))
      .filter((r) => r.y + 24 > lid && r.y < box.height)
      .sort((a, b) => a.y - b.y)
  })
const rows = (page: Page) => page.evaluate(() => (window.sightlineProbe?.timeline?.() as { rows: number } | undefined)?.rows ?? 0)

test('rows that are open, the selection and the scroll position stay while spans arrive', async () => {
  const first = early()
  let arrived = false
  const page = await stage.open(`/trace/${whole.trace_id}?tab=none`, { [`traces/${whole.trace_id}`]: () => JSON.stringify(arrived ? whole : first) })
  await page.waitForSelector('[data-waterfall] [role="row"]')
  await page.keyboard.press(']')
  await page.keyboard.press(']')
  for (let i = 0; i < 12; i++) await page.keyboard.press('j')
  await page.waitForURL(/span=/)
  await page.evaluate(() => document.querySelector('[data-waterfall]')?.scrollTo({ top: 150 }))
  await settled(page)
  const before = await inView(page)
  const count = await rows(page)
  expect(await page.getByText('still arriving').count()).toBe(1)
  arrived = true
  await expect.poll(() => rows(page)).toBeGreaterThan(count)
  await settled(page)
  const after = await inView(page)
  expect(after[0]).toEqual(before[0])
  expect(after.find((r) => r.selected)?.text).toBe(before.find((r) => r.selected)?.text)
  expect(page.url()).toContain('span=')
  expect(await page.getByText('still arriving').count()).toBe(0)
  await page.close()
})

test('a root that is late appears by itself', async () => {
  const s = whole.spans
  const rest = s.id.map((_, i) => i).slice(1)
  const columns = Object.fromEntries(Object.entries(s).map(([name, column]) => [name, rest.map((i) => (column as unknown[])[i])])) as TraceWire['spans']
  const rootless: TraceWire = {
    ...whole, start: `${Date.now() - 1000}000000`, root: null, span_count: rest.length, spans: { ...columns, parent: columns.parent.map((p) => p - 1), depth: columns.depth.map((d) => d - 1) },
    repeats: [], critical_path: [], errors: [], focus: 0, warnings: [{ code: 'missing_root', message: 'The root span is not here.' }],
  }
  let arrived = false
  const page = await stage.open(`/trace/${whole.trace_id}?tab=none`, { [`traces/${whole.trace_id}`]: () => JSON.stringify(arrived ? whole : rootless) })
  await page.getByRole('heading', { name: 'Trace without a root' }).waitFor()
  await page.getByText('still arriving').waitFor()
  arrived = true
  await page.getByRole('heading', { name: 'POST /checkout' }).waitFor()
  await page.getByText('still arriving').waitFor({ state: 'detached' })
  await page.close()
})
