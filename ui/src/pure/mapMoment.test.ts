import { expect, test } from 'vitest'
import { frameAt, frameMs, framesOf, momentOf, nextFrame, rangeOfFrame, withGhosts } from './mapMoment'
import { asMap, makeEdge, makeNode } from './testdata/map'

test('what vanished stays as a ghost without figures', () => {
  const before = asMap([makeNode('a'), makeNode('b'), makeNode('c')], [makeEdge('a', 'b'), makeEdge('b', 'c')])
  const now = asMap([makeNode('a'), makeNode('b'), makeNode('d')], [makeEdge('a', 'b')])
  const { map, ghosts } = withGhosts(before, now)
  expect([...ghosts]).toEqual(['c', 'b>c'])
  expect(map.nodes.map((n) => [n.id, n.stats === null])).toEqual([['a', false], ['b', false], ['d', false], ['c', true]])
  expect(map.edges.map((e) => [e.id, e.stats.requests])).toEqual([['a>b', 1000], ['b>c', 0]])
  expect(withGhosts(null, now)).toEqual({ map: now, ghosts: new Set() })
  expect(withGhosts(now, now).map).toBe(now)
})

const buckets = (n: number) => ({ step_s: 60, start: '2026-11-22T13:00:00Z', requests: Array.from({ length: n }, () => 1), bad: Array.from({ length: n }, () => 0) })
const start = Date.UTC(2026, 10, 22, 13)

test('a range is played bucket by bucket, at most 120 of them', () => {
  expect(framesOf(buckets(60))).toEqual({ start, step: 60_000, count: 60 })
  expect(framesOf(buckets(300))).toEqual({ start, step: 180_000, count: 100 })
  expect(framesOf(buckets(0)).count).toBe(0)
  expect(frameMs(1)).toBe(4 * frameMs(4))
})

test('moments are steps and steps are moments', () => {
  const f = framesOf(buckets(60))
  expect(frameAt(f, start + 90_000)).toBe(1)
  expect(frameAt(f, start - 1)).toBeNull()
  expect(frameAt(f, start + 3_600_000)).toBeNull()
  expect(frameAt(f, undefined)).toBeNull()
  expect(frameAt(f, momentOf(f, 17))).toBe(17)
  expect(rangeOfFrame(f, 2)).toEqual({ from: String(start + 120_000), to: String(start + 180_000) })
})

test('stepping ends at the ends', () => {
  const f = framesOf(buckets(60))
  expect(nextFrame(f, null, 1)).toBe(0)
  expect(nextFrame(f, null, -1)).toBe(59)
  expect(nextFrame(f, 3, 1)).toBe(4)
  expect(nextFrame(f, 59, 1)).toBeNull()
  expect(nextFrame(f, 0, -1)).toBeNull()
  expect(nextFrame(framesOf(buckets(0)), null, 1)).toBeNull()
})
