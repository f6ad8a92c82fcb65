import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace } from './trace'
import { filterTrace, nextError, nextOf } from './traceShow'

const trace = decodeTrace(makeTrace(600))
const count = (mask: Uint8Array | null, value: number) => mask?.filter((m) => m === value).length

test('nothing filtered keeps everything, and a search alone only highlights', () => {
  expect(filterTrace(trace, '', 'all', [])).toMatchObject({ keep: null, matches: null, problem: null })
  const highlighted = filterTrace(trace, 'service = cart', 'all', [])
  expect(highlighted.keep).toBeNull()
  expect(highlighted.found.length).toBe(count(highlighted.matches, 1))
})

test('errors, critical and matches keep their rows and mark ancestors', () => {
  expect(count(filterTrace(trace, '', 'errors', []).keep, 1)).toBe(trace.errors.length)
  expect(count(filterTrace(trace, '', 'critical', []).keep, 1)).toBeGreaterThan(0)
  const kept = filterTrace(trace, 'service = cart', 'match', [])
  expect(count(kept.keep, 1)).toBe(kept.found.length)
  for (let i = 1; i < trace.spans.count; i++) {
    if (kept.keep?.[i] !== 0) expect(kept.keep?.[trace.spans.parent[i]]).not.toBe(0)
  }
})

test('hidden services go, a broken search says so and hides nothing', () => {
  const { keep } = filterTrace(trace, '', 'all', ['cart'])
  const cart = trace.services.findIndex((s) => s.name === 'cart')
  for (let i = 0; i < trace.spans.count; i++) if (trace.spans.service[i] === cart) expect(keep?.[i]).not.toBe(1)
  expect(filterTrace(trace, '(((', 'match', [])).toMatchObject({ keep: null, problem: { position: expect.any(Number) as number } })
})

test('walking goes round', () => {
  const rows = Int32Array.from([3, 7, 9])
  expect([nextOf(rows, 3, 1), nextOf(rows, 9, 1), nextOf(rows, 3, -1), nextOf(new Int32Array(0), 0, 1)]).toEqual([7, 3, 9, -1])
  const errors = Int32Array.from([9, 3, 7])
  expect([nextError(errors, 9, 1), nextError(errors, 7, 1), nextError(errors, 1, 1), nextError(errors, 9, -1)]).toEqual([3, 9, 9, 7])
})
