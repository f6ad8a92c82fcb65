// The trace view's budgets: 10,000 spans are interactive within 1 s of their bytes, 100,000 within 3 s, and frames
// while scrolling and zooming stay under 33 ms; two of 100,000 are laid over each other within 6 s. A run fails at twice the budget of what the clock
// measures, as the same machine differs that much from hour to hour; what the page's own thread takes has no such room.
import type { Page } from 'playwright-core'
import { test } from 'vitest'
import { makeTrace } from '../src/pure/testdata/trace'
import { type Budget, mainThread, quantile, within } from './pace'
import { openStage } from './stage'

const stage = openStage()

const SLACK = 2
/** Two of the screen's frames, in ms. */
const FRAME_MS = 33.4
const MOVES = ['scroll', 'zoom', 'keys'] as const

test.each([
  [10_000, 1000],
  [100_000, 3000],
])('%i spans are interactive, scroll and zoom within their budgets', async (spans, most) => {
  const wire = makeTrace(spans)
  const answers = { [`traces/${wire.trace_id}`]: JSON.stringify(wire) }
  const budgets: Budget[] = [['interactive_ms', most * SLACK, 'task'], ...MOVES.map((move) => [`${move}_cpu`, FRAME_MS, 'cpu'] as const), ['scroll_p50', FRAME_MS * SLACK, 'p50'], ['zoom_p50', FRAME_MS * SLACK, 'p50']]
  await within(stage, budgets, async () => {
    const page = await stage.open(`/trace/${wire.trace_id}?tab=none`, answers, watch)
    const figures: Record<string, number> = { spans, ...(await loadTime(page)) }
    // Once for every span, once more for every fold: the longest list there is.
    await page.keyboard.press(']')
    await page.keyboard.press(']')
    await page.waitForFunction((n) => ((window.sightlineProbe?.timeline?.() as { rows: number } | undefined)?.rows ?? 0) > n / 2, spans)
    const cpu = await mainThread(page)
    for (const what of MOVES) {
      const before = await cpu()
      const times = await move(page, what)
      figures[`${what}_cpu`] = Math.round(((await cpu()) - before) / FRAMES * 10) / 10
      figures[`${what}_p50`] = quantile(times, 0.5)
      figures[`${what}_p95`] = quantile(times, 0.95)
    }
    figures.heap_mb = await page.evaluate(() => Math.round(((performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0) / 1e6))
    await page.close()
    return figures
  })
})

test('100,000 spans against 100,000 are on the page within 6 s', async () => {
  const wire = makeTrace(100_000)
  const body = JSON.stringify(wire)
  await within(stage, [['compare_ms', 6000 * SLACK, 'task']], async () => {
    const page = await stage.open(`/compare/${wire.trace_id}/${'c'.repeat(32)}`, { [`traces/${wire.trace_id}`]: body, [`traces/${'c'.repeat(32)}`]: body })
    await page.waitForSelector('[data-compare] [role="row"]')
    const took = await page.evaluate(() => {
      const last = Math.max(...performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/traces/')).map((e) => (e as PerformanceResourceTiming).responseEnd))
      return performance.now() - last
    })
    await page.close()
    return { compare_ms: Math.round(took) }
  })
})

/** From the last byte of the trace to the first drawn row, and the longest task that blocked the page. */
async function loadTime(page: Page): Promise<{ interactive_ms: number; longest_task_ms: number }> {
  await page.waitForFunction(() => (window as unknown as { perfMarks: { interactive: number } }).perfMarks.interactive > 0)
  return page.evaluate(() => {
    // Set by watch.
    const { perfMarks } = window as unknown as { perfMarks: { interactive: number; blocked: number } }
    const answer = performance.getEntriesByType('resource').find((e) => e.name.includes('/api/traces/')) as PerformanceResourceTiming
    return { interactive_ms: Math.round(perfMarks.interactive - answer.responseEnd), longest_task_ms: Math.round(perfMarks.blocked) }
  })
}

const FRAMES = 120

/** The times between frames while something moves in every one, in ms. */
async function move(page: Page, what: (typeof MOVES)[number]): Promise<number[]> {
  return page.evaluate(async ([kind, frames]) => {
    const rows = document.querySelector<HTMLElement>('[data-waterfall]')
    if (rows === null) throw new Error('no waterfall')
    rows.scrollTop = 0
    const next = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const times: number[] = []
    let before = await next()
    for (let i = 0; i < frames; i++) {
      if (kind === 'scroll') rows.scrollTop += 300
      else if (kind === 'keys') document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))
      else {
        const box = rows.getBoundingClientRect()
        rows.dispatchEvent(new WheelEvent('wheel', { deltaY: i < frames / 2 ? -40 : 40, ctrlKey: true, clientX: box.left + box.width * 0.7, clientY: box.top + 50, bubbles: true, cancelable: true }))
      }
      const now = await next()
      times.push(now - before)
      before = now
    }
    return times
  }, [what, FRAMES] as const)
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
