// The map's budget: panning costs the page's own thread less than a frame, with 100 nodes and with 300 forced to be drawn.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeMap } from '../src/pure/testdata/map'
import { openStage, type Stage } from './stage'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.close()
})

const FRAME_MS = 33
const STEPS = 60

test.each([
  [100, '/map'],
  [300, '/map?group=none'],
])('panning %i nodes', async (nodes, at) => {
  const began = Date.now()
  const page = await stage.open(at, { map: JSON.stringify(makeMap(nodes)) })
  await page.waitForSelector('[data-node]')
  const drawn_ms = Date.now() - began
  await page.waitForTimeout(800) // the first fit
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const cpu = async () => ((await session.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration')?.value ?? 0) * 1000
  const before = await cpu()
  await pan(page)
  const perFrame = Math.round(((await cpu()) - before) / STEPS * 10) / 10
  console.log(JSON.stringify({ nodes, drawn: await page.locator('[data-node]').count(), drawn_ms, cpu_ms_per_step: perFrame }))
  expect(perFrame).toBeLessThan(FRAME_MS)
  await page.close()
})

/** Drags the empty ground in steps. */
async function pan(page: Page): Promise<void> {
  const box = await page.locator('.react-flow__pane').boundingBox()
  if (!box) throw new Error('the map is not drawn')
  const [x, y] = [box.x + box.width - 160, box.y + 60]
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (let i = 1; i <= STEPS; i++) await page.mouse.move(x - i * 6, y + Math.sin(i / 6) * 60)
  await page.mouse.up()
}
