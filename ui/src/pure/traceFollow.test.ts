import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace } from './trace'
import { followEvery, followText } from './traceFollow'

const whole = { ...decodeTrace(makeTrace(50)), start: '1763800000000000000', duration: 1e9 }
const end = 1763800001000
const running = { ...whole, inProgress: true }
const rootless = { ...whole, root: null }

test('a whole trace is not followed', () => {
  expect(followEvery(whole, end)).toBeNull()
  expect(followText(whole, end)).toBe('')
})

test('spans in progress are followed, less and less often, for an hour without news', () => {
  expect(followEvery(running, end)).toBe(5000)
  expect(followEvery(running, end - 60_000)).toBe(5000) // its clock is ahead
  expect(followEvery(running, end + 10 * 60_000)).toBe(30_000)
  expect(followEvery(running, end + 59 * 60_000)).toBe(60_000)
  expect(followText(running, end + 59 * 60_000)).toBe('still arriving')
  expect(followEvery(running, end + 61 * 60_000)).toBeNull()
  expect(followText(running, end + 61 * 60_000)).toBe('not ended, no longer followed')
  expect(followEvery({ ...running, duration: 70 * 60e9 }, end + 61 * 60_000)).toBe(5000) // something came
})

test('a missing root is waited for while the trace is young: later it was dropped or never sent', () => {
  expect(followEvery(rootless, end + 10_000)).toBe(5000)
  expect(followText(rootless, end + 10_000)).toBe('still arriving')
  expect(followEvery(rootless, end + 10 * 60_000)).toBeNull()
  expect(followText(rootless, end + 10 * 60_000)).toBe('')
})

test('a page stops by itself whatever the clocks say, and a large trace is spared', () => {
  expect(followEvery(running, end - 1e10, 720)).toBe(5000)
  expect(followEvery(running, end - 1e10, 721)).toBeNull()
  expect(followEvery({ ...running, spanCount: 400_000 }, end)).toBe(20_000)
  expect(followEvery({ ...running, truncated: { kept: 100_000, total: 400_000 } }, end)).toBeNull()
})
