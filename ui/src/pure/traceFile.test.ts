import { expect, test } from 'vitest'
import type { SpanDetail } from '../api/types'
import golden from '../../../query/traceapi/testdata/trace_file.golden.json'
import { decodeTrace } from './trace'
import { type FileHead, readFileAnswer } from './traceFile'
import { valuesByRow } from './traceValues'

// The shape is what the server's golden says.
const { details, ...given } = golden as unknown as FileHead & { details: SpanDetail[] }

/** The answer as the server writes it. */
const bytes = new TextEncoder().encode(`${JSON.stringify(given).slice(0, -1)},"details":[${details.map((d) => `\n${JSON.stringify(d)}`).join(',')}]}\n`)

test('every span of a file has its attributes and its resource', () => {
  const { head, spans } = readFileAnswer(bytes)
  expect(head).toMatchObject(given)
  details.forEach((d, i) => {
    expect(spans.span(d.span_id)).toContainEqual({ ...d, resource: given.resources[given.resource_of[i]] })
  })
  expect(given.resource_of).toHaveLength(details.length)
  expect(spans.span('ffffffffffffffff')).toEqual([])
})

test('attributes of a file are columns, of the span and of its resource', () => {
  const { head, spans } = readFileAnswer(bytes)
  const own = details.find((d) => d.attributes.length > 0)
  const key = own?.attributes[0].key ?? ''
  const keys = [key, 'resource.service.name', 'nowhere']
  const rows = valuesByRow(decodeTrace(head.trace), spans.values(keys), keys)
  expect(rows.size).toBe(given.trace.span_count)
  expect([...rows.values()].flat().some((v) => v.key === key && v.value === own?.attributes[0].value)).toBe(true)
  for (const row of rows.values()) expect(row.some((v) => v.key === 'resource.service.name')).toBe(true)
  expect(spans.values(['nowhere'])).toEqual([])
  expect(spans.values([`.${key}`]).length).toBe(spans.values([key]).length)
})

test('an answer without spans has none', () => {
  const { spans } = readFileAnswer(new TextEncoder().encode(JSON.stringify({ ...given, trace: { ...given.trace, spans: { id: [] } }, details: [] })))
  expect(spans.values(['a'])).toEqual([])
})
