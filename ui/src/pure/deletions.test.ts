import { expect, it } from 'vitest'
import { amountOf, moment, rangeOf } from './deletions'

it('says how much is deleted', () => {
  expect(amountOf({ traces: 0, spans: 0, logs: 0, more: false })).toBe('nothing')
  expect(amountOf({ traces: 1, spans: 1, logs: 0, more: false })).toBe('1 trace and 1 span')
  expect(amountOf({ traces: 2, spans: 40, logs: 1, more: true })).toBe('more than 2 traces, 40 spans and 1 log record')
})

it('tells the server a time, or none, or nothing at all of what is no time', () => {
  expect(moment('')).toBe('')
  expect(moment('2026-11-22T14:03')).toBe(new Date(2026, 10, 22, 14, 3).toISOString())
  expect(moment('22 o\'clock')).toBe(null)
})

it('says the bounds that a deletion has', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  const created = '2026-11-23T11:00:00Z'
  expect(rangeOf({ from: '1970-01-01T00:00:00Z', to: '2026-11-24T11:00:00Z', created }, now)).toBe('')
  expect(rangeOf({ from: null, to: null, created }, now)).toBe('')
  expect(rangeOf({ from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z', created }, now)).toMatch(/^from .* until .*Nov/)
})
