// Two traces laid over each other: what differs is told in words, keys walk it, links restore it.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { makeTrace } from '../src/pure/testdata/trace'
import type { TraceWire } from '../src/pure/trace'
import { accessible, settled } from '../e2e/look.ts'
import { openStage } from './stage'

const stage = openStage()

const A = makeTrace(300, 'shop', 40)

/** The same request again: one operation slower, one subtree gone, and it fails where it did not. */
function again(): TraceWire {
  const s = A.spans
  const gone = s.parent.findIndex((p, i) => p === 0 && s.descendants[i] > 3)
  const kept = s.id.map((_, i) => i).filter((i) => i < gone || i > gone + s.descendants[gone])
  const at = new Map(kept.map((i, k) => [i, k]))
  const columns = Object.fromEntries(Object.entries(s).map(([name, column]) => [name, kept.map((i) => (column as unknown[])[i])])) as TraceWire['spans']
  return {
    ...A,
    trace_id: 'b'.repeat(32),
    duration_ns: 1.6e9,
    spans: { ...columns, parent: kept.map((i) => at.get(s.parent[i]) ?? -1), duration: columns.duration.map((d, i) => (i === 0 ? 1.6e9 : d)), self: columns.self.map((d, i) => (i === 0 ? d + 6e8 : d)) },
    critical_path: [], errors: [], focus: 0,
  }
}
const B = again()

function detail(wire: TraceWire, row: number, route: string): string {
  return JSON.stringify({
    spans: [{
      trace_id: wire.trace_id, span_id: wire.spans.id[row], parent_id: '', name: 'x', service: 'cart', kind: 'server', class: 'ok', status: 'unset', status_message: '', start: wire.start, duration_ns: 1, trace_state: '', flags: 0, peer: null,
      attributes: [{ key: 'http.route', type: 'string', value: route }, { key: 'same', type: 'int', value: '1' }], dropped_attributes: 0, resource: { attributes: [], schema_url: '', dropped_attributes: 0 },
      scope: { name: '', version: '', schema_url: '', attributes: [] }, events: [], links: [], dropped_events: 0, dropped_links: 0, linked_from: [],
    }],
  })
}

async function open(query = ''): Promise<Page> {
  const answers: Record<string, string> = { [`traces/${A.trace_id}`]: JSON.stringify(A), [`traces/${B.trace_id}`]: JSON.stringify(B) }
  A.spans.id.forEach((id, i) => (answers[`traces/${A.trace_id}/spans/${id}`] = detail(A, i, '/old')))
  B.spans.id.forEach((id, i) => (answers[`traces/${B.trace_id}/spans/${id}`] = detail(B, i, '/new')))
  const page = await stage.open(`/compare/${A.trace_id}/${B.trace_id}${query}`, answers)
  await page.waitForSelector('[data-compare] [role="row"]')
  return page
}

const selected = (page: Page) => page.evaluate(() => document.querySelector('[data-compare] [role="row"][aria-selected="true"]')?.textContent ?? '')

test('says which took longer, what is gone, and what differs in the chosen pair', async () => {
  const page = await open()
  await page.getByRole('heading', { name: 'B is 600 ms slower (+60 %) than A' }).waitFor()
  await page.getByRole('region', { name: 'What differs' }).getByText('Slower by own work').waitFor()
  await expect.poll(() => selected(page)).toContain('POST /checkout')
  const panel = page.getByRole('complementary')
  await panel.getByText('/old').waitFor()
  await panel.getByText('/new').waitFor()
  expect(await panel.getByText('same', { exact: true }).count()).toBe(0)
  await panel.getByRole('switch').click()
  await panel.getByText('same', { exact: true }).first().waitFor()
  await page.waitForURL(/attributes=all/)
  await page.close()
})

test('keys walk the differences, and what is gone says so in words', async () => {
  const page = await open()
  await page.keyboard.press('c')
  await page.waitForURL(/show=changes/)
  for (let i = 0; i < 3 && !(await selected(page)).includes('gone'); i++) {
    const before = await selected(page)
    await page.keyboard.press('e')
    await expect.poll(() => selected(page)).not.toBe(before)
  }
  expect(await selected(page)).toContain('gone')
  await page.getByText('− only in A').waitFor()
  const there = await selected(page)
  await page.reload()
  await expect.poll(() => selected(page)).toBe(there)
  await page.close()
})

test('sides swap, and back brings them again', async () => {
  const page = await open()
  await page.keyboard.press('x')
  await page.getByRole('heading', { name: /B is 600 ms faster/ }).waitFor()
  await page.waitForURL(new RegExp(`/compare/${B.trace_id}/${A.trace_id}`))
  await page.goBack()
  await page.getByRole('heading', { name: /B is 600 ms slower/ }).waitFor()
  await page.close()
})

test('a trace that does not differ from itself says so', async () => {
  const page = await stage.open(`/compare/${A.trace_id}/${A.trace_id}`, { [`traces/${A.trace_id}`]: JSON.stringify(A) })
  await page.getByText('Both traces do the same').waitFor()
  await page.close()
})

test('no accessibility violations, in both themes and on a phone', async () => {
  const page = await open()
  for (const [theme, width, height] of [['dark', 1440, 900], ['light', 1440, 900], ['light', 390, 844]] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.waitForFunction((t) => document.documentElement.dataset.theme === t, theme)
    await page.setViewportSize({ width, height })
    await settled(page)
    await accessible(page, 'all')
  }
  await page.close()
})
