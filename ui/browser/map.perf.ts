// The map's budgets: frames while panning, with 100 nodes, with 500 that are all in view, and with 500 seen from near.
import type { Page } from 'playwright-core'
import { test } from 'vitest'
import { settled } from '../e2e/look.ts'
import { makeMap } from '../src/pure/testdata/map'
import { mainThread, quantile, within } from './pace'
import { openStage } from './stage'

const stage = openStage()

/** From one frame to the next, in ms on the machine of pace.ts. */
const P50_MS = 20
const P95_MS = 50
/** The page's own thread, a frame: 13 to 17 on that machine, from hour to hour. */
const CPU_MS = 24
const STEPS = 90

test.each([
  [100, '/map', 0],
  [500, '/map?group=none', 0],
  [500, '/map?group=none', 6],
])('panning %i nodes at %s, %i times closer', async (nodes, at, closer) => {
  const map = JSON.stringify(makeMap(nodes))
  await within(stage, [['cpu', CPU_MS, 'cpu'], ['p50', P50_MS, 'p50'], ['p95', P95_MS, 'p95']], async () => {
    const began = Date.now()
    const page = await stage.open(at, { map })
    await page.waitForFunction(() => (window.sightlineProbe?.map?.() as { nodes: unknown[] } | undefined)?.nodes.length)
    const drawn_ms = Date.now() - began
    await settled(page) // the first fit, and whatever else a page does at first
    for (let i = 0; i < closer; i++) await page.keyboard.press('+')
    await settled(page)
    const cpu = await mainThread(page)
    const before = await cpu()
    const frames = await pan(page)
    const took = Math.round(((await cpu()) - before) / STEPS * 10) / 10
    const elements = await page.locator('[data-node]').count()
    await page.close()
    return { nodes, closer, elements, drawn_ms, cpu: took, p50: quantile(frames, 0.5), p95: quantile(frames, 0.95) }
  })
})

/** Drags the empty ground, one step a frame, and gives the times between frames. */
async function pan(page: Page): Promise<number[]> {
  return page.evaluate(async (steps) => {
    const pane = document.querySelector('.react-flow__pane')
    if (pane === null) throw new Error('the map is not drawn')
    const box = pane.getBoundingClientRect()
    const [x, y] = [box.left + box.width * 0.6, box.top + 60]
    const send = (target: EventTarget, type: string, i: number) =>
      target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, view: window, clientX: x - Math.sin(i / 14) * 260, clientY: y + Math.sin(i / 9) * 50, button: 0, buttons: type === 'mouseup' ? 0 : 1 }))
    send(pane, 'mousedown', 0)
    const times: number[] = []
    await new Promise<void>((resolve) => {
      let i = 0
      let last = 0
      const step = (now: number) => {
        if (last > 0) times.push(now - last)
        last = now
        i++
        send(window, 'mousemove', i)
        if (i < steps) requestAnimationFrame(step)
        else resolve()
      }
      requestAnimationFrame(step)
    })
    send(window, 'mouseup', steps)
    return times
  }, STEPS)
}
