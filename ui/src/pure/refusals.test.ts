import { expect, it } from 'vitest'
import { refusalsOf, refusedSince } from './refusals'

const ingest = { received: 9, stored: 5, rejected: { ts_future: 2 }, dropped_by_pipeline: {}, deduplicated: 0, in_journal: 0, dead_letter: 0, undecodable: 0, redacted: 0, sanitized: {} }

it('requests and spans are told apart, most first, also reasons of a later server', () => {
  const found = refusalsOf({ ingest: { traces: ingest }, refused: { auth: 3, brand_new: 1, method: 0 } })
  expect(found.map((r) => [r.count, r.unit, r.reason])).toEqual([[3, 'request', 'auth'], [2, 'span', 'ts_future'], [1, 'request', 'brand_new']])
  expect(found[2]).toMatchObject({ what: 'brand new', todo: '' })
})

it('only what is new since the page was opened stands beside a fresh try', () => {
  const before = refusalsOf({ ingest: { traces: ingest }, refused: { auth: 3 } })
  const now = refusalsOf({ ingest: { traces: ingest }, refused: { auth: 5, encoding: 1 } })
  expect(refusedSince(before, now).map((r) => [r.count, r.reason])).toEqual([[2, 'auth'], [1, 'encoding']])
})

it('an item is called what its signal calls it', () => {
  const found = refusalsOf({ ingest: { logs: { ...ingest, rejected: { ts_expired: 1 } }, metrics: { ...ingest, rejected: { hist_invalid: 2 } } }, refused: {} })
  expect(found.map((r) => [r.unit, r.todo !== ''])).toEqual([['data point', true], ['log record', true]])
})

it('what a processor dropped is there by its name', () => {
  const [found] = refusalsOf({ ingest: { logs: { ...ingest, rejected: {}, dropped_by_pipeline: { 'filter/health': 4, batch: 0 } } }, refused: {} })
  expect(found).toMatchObject({ count: 4, unit: 'log record', reason: 'filter/health', what: 'not handed on by the processor' })
})
