// A trace too large to come at once, and a trace from a file.
import { expect, test } from 'vitest'
import type { TraceChildren } from '../src/api/types'
import { makeTrace } from '../src/pure/testdata/trace'
import { openStage } from './stage'

const stage = openStage()

test('a trace of a million spans offers what was left out, and a click brings it', async () => {
  const wire = makeTrace(2000, 'wide', 0)
  const hidden = wire.spans.id.map((_, i) => (i === 0 ? 998_000 : 0))
  const large = { ...wire, span_count: 1_000_000, truncated: { kept: 2000, total: 1_000_000 }, spans: { ...wire.spans, hidden } }
  const more = makeTrace(500, 'wide', 0)
  const part: TraceChildren = {
    trace_id: wire.trace_id, start: wire.start, services: more.services, dict: more.dict, repeats: [], critical_path: [], errors: [], children: 999_999, next: 499,
    spans: { ...more.spans, id: more.spans.id.map((id, i) => (i === 0 ? wire.spans.id[0] : `ffff${id.slice(4)}`)), hidden: more.spans.id.map((_, i) => (i === 0 ? 999_500 : 0)), repeat: undefined },
  }
  const asked: string[] = []
  const page = await stage.open(`/trace/${wire.trace_id}?tab=none`, {
    [`traces/${wire.trace_id}`]: JSON.stringify(large),
    [`traces/${wire.trace_id}/children`]: (url) => {
      asked.push(`${url.searchParams.get('span_id') ?? ''} ${url.searchParams.get('from') ?? ''}`)
      return JSON.stringify(part)
    },
  })
  await page.waitForSelector('[data-waterfall] [role="row"]')
  await page.keyboard.press('End')
  await page.getByText('998,000 more spans').click()
  await page.getByText('2,499 of 1,000,000 spans are here').waitFor() // they have come: now the end is another
  await page.keyboard.press('End')
  await page.getByText('997,501 more spans').click()
  await expect.poll(() => asked).toEqual([`${wire.spans.id[0]} 0`, `${wire.spans.id[0]} 499`])
  expect(await page.getByText('2,499 of 1,000,000 spans are here').count()).toBe(1)
  await page.close()
})

test('a file is shown, and a page without it says so', async () => {
  const wire = makeTrace(20)
  const page = await stage.open(`/trace/${wire.trace_id}?file=1`, { 'trace-file': JSON.stringify({ traces: [{ trace_id: wire.trace_id, spans: 20 }], trace: wire, resources: [], resource_of: [], details: [] }) })
  await page.getByRole('button', { name: 'Choose a file' }).waitFor()
  await page.setInputFiles('input[type=file]', { name: 'saved.json', mimeType: 'application/json', buffer: Buffer.from('{}') })
  await page.waitForSelector('[data-waterfall] [role="row"]')
  expect(page.url()).toContain(`/trace/${wire.trace_id}?file=1`)
  await expect.poll(() => page.getByText('from saved.json, not stored').count()).toBe(1)
  await page.reload()
  await page.getByText('This trace came from a file that is not open here.').waitFor()
  await page.getByRole('button', { name: 'Choose a file' }).waitFor()
  await page.close()
})
