import { expect, test } from 'vitest'
import golden from '../../../query/traceapi/testdata/trace_file.golden.json'
import { decodeTrace } from './trace'
import { type FileAnswer, fileSpans } from './traceFile'
import { valuesByRow } from './traceValues'

// The shape is what the server's golden says.
const answer = golden as unknown as FileAnswer

test('every span of a file has its attributes and its resource', () => {
  const spans = fileSpans(answer)
  answer.details.forEach((d, i) => {
    const found = spans.span(d.span_id).find((s) => s.name === d.name)
    expect(found?.attributes).toEqual(d.attributes)
    expect(found?.resource).toEqual(answer.resources[answer.resource_of[i]])
  })
  expect(answer.resource_of).toHaveLength(answer.details.length)
  expect(spans.span('ffffffffffffffff')).toEqual([])
})

test('attributes of a file are columns, of the span and of its resource', () => {
  const spans = fileSpans(answer)
  const own = answer.details.find((d) => d.attributes.length > 0)
  const key = own?.attributes[0].key ?? ''
  const rows = valuesByRow(decodeTrace(answer.trace), spans.values([key, 'resource.service.name', 'nowhere']), [key, 'resource.service.name', 'nowhere'])
  expect(rows.size).toBe(answer.trace.span_count)
  expect([...rows.values()].flat().some((v) => v.key === key && v.value === own?.attributes[0].value)).toBe(true)
  for (const row of rows.values()) expect(row.some((v) => v.key === 'resource.service.name')).toBe(true)
  expect(spans.values(['nowhere'])).toEqual([])
  expect(spans.values([`.${key}`]).length).toBe(spans.values([key]).length)
})
