import { expect, it } from 'vitest'
import type { SpanRow } from '../api/types'
import { addColumn, askedOf, cellOf, leastWidth, moveColumn, offeredKeys, removeColumn, shortKey, templateOf } from './spanColumns'

const span: SpanRow = {
  trace_id: 't', span_id: 's', start: '', duration_ns: 1, service: 'web', name: 'GET /', kind: 'server', class: 'ok', peer: null, in_progress: false,
  values: [{ key: 'http.route', type: 'string', value: '/pay' }, { key: 'retries', type: 'int', value: '3' }, null],
}

it('asks for attributes, never for what a row has anyway', () => {
  expect(askedOf(['kind', 'http.route', 'peer.type'])).toEqual(['http.route'])
})

it('finds what stands in a column', () => {
  const asked = ['http.route', 'retries', 'gone']
  expect(cellOf(span, 'http.route', asked)).toBe('/pay')
  expect(cellOf(span, 'retries', asked)).toBe('3')
  expect(cellOf(span, 'gone', asked)).toBeNull()
  expect(cellOf(span, 'just added', asked)).toBeNull()
  expect(cellOf(span, 'kind', asked)).toBe('server')
  expect(cellOf(span, 'peer', asked)).toBeNull()
})

it('changes the columns', () => {
  expect(addColumn(['a'], ' b ')).toEqual(['a', 'b'])
  expect(addColumn(['a'], 'a')).toEqual(['a'])
  expect(addColumn(['a'], 'service')).toEqual(['a'])
  expect(addColumn(Array.from({ length: 20 }, (_, i) => String(i)), 'x')).toHaveLength(20)
  expect(removeColumn(['a', 'b'], 'a')).toEqual(['b'])
  expect(moveColumn(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b'])
  expect(moveColumn(['a', 'b'], 'b', 1)).toEqual(['a', 'b'])
  expect(moveColumn(['a', 'b'], 'x', 1)).toEqual(['a', 'b'])
})

it('offers keys alone', () => {
  const items = [{ text: 'http.route', kind: 'key' as const }, { text: 'service', kind: 'key' as const }, { text: 'and', kind: 'keyword' as const }, { text: 'a', kind: 'key' as const }]
  expect(offeredKeys(items, ['a'], '')).toEqual(['http.route'])
  expect(offeredKeys(items, [], ' HTTP.r')).toEqual(['http.route'])
  expect(offeredKeys(items, [], 'tier')).toEqual([])
})

it('makes room', () => {
  expect(templateOf(['a', 'trace_id'])).toBe('15px minmax(180px, 1.4fr) minmax(112px, 0.7fr) 250px 132px 104px')
  expect(leastWidth(['a'])).toBe(leastWidth([]) + 128)
  expect([shortKey('http.route'), shortKey('messaging.destination.name'), shortKey('http.response.status_code')]).toEqual(['http.route', 'destination.name', 'status_code'])
})
