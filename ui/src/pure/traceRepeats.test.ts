import { expect, test } from 'vitest'
import { makeTrace, withRepeats } from './testdata/trace'
import { decodeTrace, type TraceModel } from './trace'
import { foldLabel, repeatHint } from './traceLabels'

/** A root with n calls of one store, one after another or all at once. */
function calls(n: number, step: number): TraceModel {
  const base = makeTrace(1)
  const rows = Array.from({ length: n + 1 }, (_, i) => i)
  const of = (first: number, rest: (i: number) => number) => rows.map((i) => (i === 0 ? first : rest(i)))
  return decodeTrace(withRepeats({
    ...base,
    services: [{ ...base.services[0], name: 'cart' }],
    dict: { name: ['GET /cart', 'SELECT users'], peer_name: [''], peer_type: ['', 'Database::PostgreSQL'] },
    spans: {
      id: rows.map((i) => (i + 1).toString(16).padStart(16, '0')), parent: of(-1, () => 0), depth: of(0, () => 1), start: of(0, (i) => i * step), duration: of(1e9, () => 1e7), self: of(0, () => 1e7),
      service: of(0, () => 0), name: of(0, () => 1), kind: of(2, () => 3), class: of(0, () => 0), status: of(0, () => 0), http: of(0, () => 0), flags: of(0, () => 0), events: of(0, () => 0),
      links: of(0, () => 0), peer_name: of(0, () => 0), peer_type: of(0, () => 1), descendants: of(n, () => 0), skew: of(0, () => 0),
    },
  }))
}

test('calls of one store that wait for each other are told of, others are not', () => {
  expect(repeatHint(calls(20, 1.1e7))).toEqual({ row: 1, total: 2e8, text: 'cart, SELECT users: the same call 20 times, one after another: asking once for all might save most of 200 ms.' })
  expect(repeatHint(calls(20, 1e5))).toBeNull()
  expect(repeatHint(calls(3, 1.1e7))).toBeNull()
})

test('a fold says how many calls there are, how many of them are here, and whether they ran in parallel', () => {
  const detail = (t: TraceModel) => foldLabel(t, t.outline.folds, 0).detail
  expect(detail(calls(20, 1.1e7))).toBe('× 20, total 200 ms, max 10 ms')
  expect(detail(calls(20, 1e5))).toBe('× 20, in parallel, total 200 ms, max 10 ms')
  const few = calls(20, 1.1e7)
  const cut = { ...few, repeats: few.repeats.map((r) => ({ ...r, count: 5000, total_ns: 5e10, max_ns: 3e7, errors: 7 })) }
  expect(detail(cut)).toBe('× 5,000, 20 here, total 50 s, max 30 ms')
  expect(foldLabel(cut, cut.outline.folds, 0).failing).toBe(7)
})
