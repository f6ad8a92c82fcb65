// The trace view's budgets: 10,000 spans are interactive within 1 s of their bytes, 100,000 within 3 s, and frames
// while scrolling and zooming stay under 33 ms; two of 100,000 are laid over each other within 6 s. A run fails at twice the budget, for machines differ.
import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { makeTrace } from '../src/pure/testdata/trace'
import { openStage } from './stage'

const stage = openStage()

const SLACK = 2
const FRAME_MS = 33

test.each([
  [10_000, 1000],
  [100_000, 3000],
])('%i spans are interactive, scroll and zoom within their budgets', async (spans, budget) => {
  const wire = makeTrace(spans)
  const page = await stage.open(`/trace/${wire.trace_id}?tab=none`, { [`traces/${wire.trace_id}`]: JSON.stringify(wire) }, watch)
  const loaded = await loadTime(page)
  const cpu = await mainThread(page)
  // Once for every span, once more for every fold: the longest list there is.
  await page.keyboard.press(']')
  await page.keyboard.press(']')
  await page.waitForFunction((n) => ((window.sightlineProbe?.timeline?.() as { rows: number } | undefined)?.rows ?? 0) > n / 2, spans, { timeout: 30_000 })
  const scroll = await frames(page, 'scroll', cpu)
  const zoom = await frames(page, 'zoom', cpu)
  const keys = await frames(page, 'keys', cpu)
  const heap = await page.evaluate(() => Math.round(((performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0) / 1e6))
  console.log(JSON.stringify({ spans, ...loaded, scroll, zoom, keys, heap_mb: heap }))
  expect(loaded.interactive_ms).toBeLessThan(budget * SLACK)
  // Frame times tell of the machine's other work as well; the page's own is what must fit into a frame.
  for (const f of [scroll, zoom, keys]) expect(f.cpu).toBeLessThan(FRAME_MS)
  expect(scroll.p50).toBeLessThan(FRAME_MS * SLACK)
  expect(zoom.p50).toBeLessThan(FRAME_MS * SLACK)
  await page.close()
})

test('100,000 spans against 100,000 are on the page within 6 s', async () => {
  const wire = makeTrace(100_000)
  const body = JSON.stringify(wire)
  const page = await stage.open(`/compare/${wire.trace_id}/${'c'.repeat(32)}`, { [`traces/${wire.trace_id}`]: body, [`traces/${'c'.repeat(32)}`]: body })
  await page.waitForSelector('[data-compare] [role="row"]', { timeout: 60_000 })
  const took = await page.evaluate(() => {
    const last = Math.max(...performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/traces/')).map((e) => (e as PerformanceResourceTiming).responseEnd))
    return performance.now() - last
  })
  console.log(JSON.stringify({ compare_ms: Math.round(took) }))
  expect(took).toBeLessThan(6000 * SLACK)
  await page.close()
})

/** From the last byte of the trace to the first drawn row, and the longest task that blocked the page. */
async function loadTime(page: Page): Promise<{ interactive_ms: number; longest_task_ms: number }> {
  await page.waitForFunction(() => (window as unknown as { perfMarks: { interactive: number } }).perfMarks.interactive > 0, undefined, { timeout: 60_000 })
  return page.evaluate(() => {
    // Set by watch.
    const { perfMarks } = window as unknown as { perfMarks: { interactive: number; blocked: number } }
    const answer = performance.getEntriesByType('resource').find((e) => e.name.includes('/api/traces/')) as PerformanceResourceTiming
    return { interactive_ms: Math.round(perfMarks.interactive - answer.responseEnd), longest_task_ms: Math.round(perfMarks.blocked) }
  })
}

/** Reads the CPU time that the page's main thread has used, in ms. */
async function mainThread(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find((m) => m.name === 'TaskDuration')?.value ?? 0) * 1000
  }
}

const FRAMES = 120

/** Frame times while something moves in every frame, and the main thread's CPU time for one of them. */
async function frames(page: Page, what: 'scroll' | 'zoom' | 'keys', cpu: () => Promise<number>): Promise<{ p50: number; p95: number; cpu: number }> {
  const before = await cpu()
  const wall = await move(page, what)
  return { ...wall, cpu: Math.round(((await cpu()) - before) / FRAMES * 10) / 10 }
}

async function move(page: Page, what: 'scroll' | 'zoom' | 'keys'): Promise<{ p50: number; p95: number }> {
  return page.evaluate(async (kind) => {
    const rows = document.querySelector<HTMLElement>('[data-waterfall]')
    if (rows === null) throw new Error('no waterfall')
    rows.scrollTop = 0
    const next = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const times: number[] = []
    let before = await next()
    for (let i = 0; i < 120; i++) {
      if (kind === 'scroll') rows.scrollTop += 300
      else if (kind === 'keys') document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))
      else {
        const box = rows.getBoundingClientRect()
        rows.dispatchEvent(new WheelEvent('wheel', { deltaY: i < 60 ? -40 : 40, ctrlKey: true, clientX: box.left + box.width * 0.7, clientY: box.top + 50, bubbles: true, cancelable: true }))
      }
      const now = await next()
      times.push(now - before)
      before = now
    }
    times.sort((a, b) => a - b)
    return { p50: Math.round(times[60] * 10) / 10, p95: Math.round(times[114] * 10) / 10 }
  }, what)
}

/** Runs in the page before its own scripts: notes when the waterfall is first drawn, and tasks that block. */
function watch(): void {
  const marks = { interactive: 0, blocked: 0 }
  Object.assign(window, { perfMarks: marks })
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) marks.blocked = Math.max(marks.blocked, e.duration)
  }).observe({ entryTypes: ['longtask'] })
  const look = () => {
    if (window.sightlineProbe?.timeline !== undefined && document.querySelector('[data-waterfall] [role="row"]') !== null) marks.interactive = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
