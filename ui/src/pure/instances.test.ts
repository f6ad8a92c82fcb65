import { expect, it } from 'vitest'
import type { Instance } from '../api/types'
import { isOdd, medianShare, sortInstances } from './instances'

const instance = (id: string, requests: number, bad: number, more: Partial<Instance> = {}): Instance => ({ id, host: '', version: '', first_seen: '2026-11-22T10:00:00Z', last_seen: '2026-11-22T11:00:00Z', spans: requests, requests, bad, p95_ns: 1, ...more })

it('sorts by what is asked, equals by name', () => {
  const all = [instance('b', 10, 5), instance('a', 10, 0), instance('c', 90, 1, { p95_ns: 5, last_seen: '2026-11-22T11:30:00Z' })]
  expect(sortInstances(all, 'requests').map((i) => i.id)).toEqual(['c', 'a', 'b'])
  expect(sortInstances(all, 'bad').map((i) => i.id)).toEqual(['b', 'c', 'a'])
  expect(sortInstances(all, 'id').map((i) => i.id)).toEqual(['a', 'b', 'c'])
  for (const by of ['p95', 'last'] as const) expect(sortInstances(all, by)[0].id).toBe('c')
})

it('one that fails unlike the others is odd', () => {
  const all = [instance('a', 100, 1), instance('b', 100, 1), instance('c', 100, 30)]
  expect(medianShare(all)).toBe(0.01)
  expect(all.map((i) => isOdd(i, medianShare(all)))).toEqual([false, false, true])
  expect(isOdd(instance('d', 5, 5), 0)).toBe(false)
  expect(medianShare([])).toBe(0)
})
