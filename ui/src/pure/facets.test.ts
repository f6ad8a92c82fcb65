import { expect, it } from 'vitest'
import { countedOver, groupsOf, keysOf, rowsOf } from './facets'

const facet = (key: string, values: [string, number, number][]) => ({ key, values: values.map(([value, spans, bad]) => ({ value, filter: `${key} = ${value}`, spans, bad })) })

it('asks only for what is open', () => {
  expect(keysOf(groupsOf([], []))).toEqual(['class', 'service', 'name'])
  expect(keysOf(groupsOf(['customer.tier'], ['name', 'kind']))).toEqual(['class', 'service', 'kind', 'customer.tier'])
  expect(keysOf(groupsOf(Array.from({ length: 20 }, (_, i) => `a${i}`), []))).toHaveLength(12)
  expect(groupsOf(['service', 'x'], []).filter((g) => g.pinned).map((g) => g.key)).toEqual(['x'])
})

it('shows shares, and what is chosen', () => {
  const rows = rowsOf(facet('service', [['web', 60, 3], ['cart', 20, 0]]), 'service = web', 80)
  expect(rows.map((r) => [r.label, r.spans, r.share, r.stand])).toEqual([['web', 60, 0.75, 'in'], ['cart', 20, 0.25, null]])
})

it('keeps what the filter excludes in view', () => {
  const rows = rowsOf(facet('service', [['cart', 20, 0]]), 'service != web and root', 20)
  expect(rows.map((r) => [r.label, r.filter, r.spans, r.stand])).toEqual([['web', 'service = web', null, 'out'], ['cart', 'service = cart', 20, null]])
})

it('names outcomes, best first', () => {
  expect(rowsOf(facet('class', [['fault', 9, 9], ['ok', 1, 0]]), '', 10).map((r) => r.label)).toEqual(['OK', 'Fault (5xx)'])
  expect(rowsOf(facet('x', [['', 1, 0]]), '', 1)[0].label).toBe('(empty)')
})

it('says what was counted', () => {
  expect(countedOver({ spans: 1, exact: true, total: 1 })).toBe('Counted over 1 span that match.')
  expect(countedOver({ spans: 200_000, exact: false, total: 9_870_000 })).toBe('Counted over a sample of 200,000 spans, of about 9.87M that match.')
})
