import { expect, it } from 'vitest'
import { amountOf } from './deletions'

it('says how much is deleted', () => {
  expect(amountOf({ traces: 0, spans: 0, logs: 0, more: false })).toBe('nothing')
  expect(amountOf({ traces: 1, spans: 1, logs: 0, more: false })).toBe('1 trace and 1 span')
  expect(amountOf({ traces: 2, spans: 40, logs: 1, more: true })).toBe('more than 2 traces, 40 spans and 1 log record')
})
