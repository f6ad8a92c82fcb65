// What every screen is held to, and how the pictures of the documentation are taken.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Nothing on the page may break the rules of WCAG 2.1 A and AA that can be checked by a program. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze()
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`), page.url()).toEqual([])
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
