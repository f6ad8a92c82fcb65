import { expect, it } from 'vitest'
import type { TraceSummary } from '../api/types'
import { newerThan, rankNote, sortNote, sortsOf, toggleMark } from './resultSort'

const trace = (trace_id: string, duration_ns: number, errors: number, spans: number): TraceSummary => ({
  trace_id, start: '', duration_ns, root: null, spans, errors, class: 'ok', services: [], in_progress: false, matched: { span_id: '', service: '', name: '', duration_ns, class: 'ok', start: '' },
})
const traces = [trace('a', 5, 0, 9), trace('b', 9, 1, 2), trace('c', 7, 1, 3)]

it('spans have no spans of their own', () => {
  expect(sortsOf('traces')).toEqual(['newest', 'duration', 'errors', 'spans'])
  expect(sortsOf('spans')).toEqual(['newest', 'duration'])
})

it('says what was sorted', () => {
  expect(sortNote('newest', 50, true)).toBe('')
  expect(sortNote('duration', 50, false)).toBe('')
  expect(sortNote('duration', 1000, true)).toBe('Longest first among the newest 1,000 spans; older ones were not looked at.')
})

it('says where a list ends that goes on', () => {
  expect(rankNote('newest', 200)).toBe('')
  expect(rankNote('errors', 199)).toBe('')
  expect(rankNote('errors', 200)).toBe('The 200 traces with the most errors; narrow the query or the time to see others.')
})

it('counts what is new', () => {
  expect(newerThan([trace('z', 1, 1, 1), traces[0]], traces, (t) => t.trace_id)).toBe(1)
})

it('marks two at most', () => {
  expect(toggleMark(['a'], 'b')).toEqual(['a', 'b'])
  expect(toggleMark(['a', 'b'], 'c')).toEqual(['b', 'c'])
  expect(toggleMark(['a', 'b'], 'a')).toEqual(['b'])
})
