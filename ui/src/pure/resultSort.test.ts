import { expect, it } from 'vitest'
import type { TraceSummary } from '../api/types'
import { newerThan, sortNote, sortsOf, sortTraces, toggleMark } from './resultSort'

const trace = (trace_id: string, duration_ns: number, errors: number, spans: number): TraceSummary => ({
  trace_id, start: '', duration_ns, root: null, spans, errors, class: 'ok', services: [], in_progress: false, matched: { span_id: '', service: '', name: '', duration_ns, class: 'ok', start: '' },
})
const traces = [trace('a', 5, 0, 9), trace('b', 9, 1, 2), trace('c', 7, 1, 3)]

it('sorts by what it says', () => {
  const f = (sort: Parameters<typeof sortTraces>[1]) => sortTraces(traces, sort).map((t) => t.trace_id).join('')
  expect([f('newest'), f('duration'), f('errors'), f('spans')]).toEqual(['abc', 'bca', 'bca', 'acb'])
  expect(sortsOf('spans')).toEqual(['newest', 'duration'])
})

it('says what was sorted', () => {
  expect(sortNote('newest', 50, true, 'trace')).toBe('')
  expect(sortNote('duration', 50, false, 'trace')).toBe('')
  expect(sortNote('duration', 1000, true, 'trace')).toBe('Longest first among the newest 1,000 traces; older ones were not looked at.')
})

it('counts what is new', () => {
  expect(newerThan([trace('z', 1, 1, 1), traces[0]], traces, (t) => t.trace_id)).toBe(1)
})

it('marks two at most', () => {
  expect(toggleMark(['a'], 'b')).toEqual(['a', 'b'])
  expect(toggleMark(['a', 'b'], 'c')).toEqual(['b', 'c'])
  expect(toggleMark(['a', 'b'], 'a')).toEqual(['b'])
})
