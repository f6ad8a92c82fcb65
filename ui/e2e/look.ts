// What every screen is held to, and how the pictures of the documentation are taken.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import axe from 'axe-core'
import type { Page, Request } from 'playwright-core'
import { expect } from 'vitest'

/** The rules of WCAG 2.1 A and AA that can be checked by a program. */
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']

/**
 * Nothing on the page may break these rules of axe, or any that is on by default. It runs in the page as it is there:
 * axe's own way through a driver opens a second page for every run and sends all that passed to and fro, which is most of its time.
 */
export async function accessible(page: Page, tags: readonly string[] | 'all' = WCAG): Promise<void> {
  expect(page.frames(), 'frames, of which only the first is looked at').toHaveLength(1)
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const broken = await page.evaluate(async (values) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe } // given to the page above
    const { violations } = await inPage.run(document, { resultTypes: ['violations'], ...(values !== 'all' && { runOnly: { type: 'tag', values: [...values] } }) })
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.html}`).join(', ')}`)
  }, tags)
  expect(broken, page.url()).toEqual([])
}

const loading = new WeakMap<Page, Set<Request>>()

/** From now on the page is dark or light, as if its reader's system were. */
export async function dress(page: Page, theme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
  await page.waitForFunction((t) => document.documentElement.dataset.theme === t, theme)
}

/** Notes from now on what the page waits for, so that `settled` knows. */
export function follow(page: Page): void {
  const requests = new Set<Request>()
  loading.set(page, requests)
  page.on('request', (request) => requests.add(request))
  page.on('requestfinished', (request) => requests.delete(request))
  page.on('requestfailed', (request) => requests.delete(request))
}

/**
 * The page has what it asked for and nothing on it is about to move or fade: so at several looks one after the other, between which it
 * has drawn, for an answer may lead to the next request.
 */
export async function settled(page: Page): Promise<void> {
  const requests = loading.get(page)
  if (requests === undefined) throw new Error('the page is not followed')
  const deadline = Date.now() + 60_000
  for (let quiet = 0; quiet < 3; ) {
    const still = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 60))
      const moves = document.getAnimations().some((a) => a.playState === 'running' && Number.isFinite(a.effect?.getComputedTiming().endTime))
      return !moves && document.fonts.status === 'loaded'
    })
    quiet = still && requests.size === 0 ? quiet + 1 : 0
    if (Date.now() > deadline) throw new Error(`${page.url()} does not settle; waits for ${[...requests].map((r) => r.url()).join(', ')}`)
  }
}

/** Nothing may make the page itself scroll sideways. */
export async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wide, `pixels that ${page.url()} is wider than the window`).toBeLessThanOrEqual(0)
}

/** What is on the page may not jump while the rest arrives: the layout shift so far, by the Web Vitals' measure, whose "good" ends at 0.1. */
export async function stays(page: Page): Promise<void> {
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0
        const seen = new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) sum += entry.hadRecentInput ? 0 : entry.value
        })
        seen.observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 50)
      }),
  )
  expect(shift, `layout shift of ${page.url()}`).toBeLessThan(0.1)
}

/** SIGHTLINE_SCREENSHOTS=1 renews the pictures of the documentation. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['SIGHTLINE_SCREENSHOTS'] === undefined) return
  const folder = path.resolve(import.meta.dirname, '../../docs/img')
  mkdirSync(folder, { recursive: true })
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 })
  writeFileSync(path.join(folder, `${name}.webp`), Buffer.from(data, 'base64'))
}
