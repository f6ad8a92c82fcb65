import { expect, test } from 'vitest'
import { curve, edgeLabel, edgeWidth, nodeSize, perMinute, redness, spoken } from './mapDraw'
import { countPicked, duration, nodeQuery, printPick, quote, readPick } from './mapQuery'
import { badShare, logBuckets, quantileOf, ringArcs, sumStats } from './mapStats'
import { walk } from './mapWalk'
import { failedShare } from './red'
import { decodeTrace } from './trace'
import { traceGraph } from './traceGraph'
import { makeNode, makeStats } from './testdata/map'
import { makeTrace } from './testdata/trace'

test('the ring fills the circle and shows one fault in a million', () => {
  const arcs = ringArcs({ ...makeStats(1e6), ok: 1e6 - 1, fault: 1 })
  expect(arcs.map((a) => a.class)).toEqual(['ok', 'fault'])
  expect(arcs[1].to - arcs[1].from).toBeGreaterThanOrEqual(2.999)
  expect(arcs[0].from).toBe(0)
  expect(arcs[1].to).toBe(360)
  expect(ringArcs(makeStats(100, 25, 25, 25)).map((a) => [a.class, Math.round(a.to - a.from)])).toEqual([['ok', 90], ['error', 90], ['fault', 90], ['throttle', 90]])
  expect(ringArcs(makeStats(0))).toEqual([])
  expect(ringArcs(null)).toEqual([])
})

test('sizes and widths grow with traffic and stay in bounds', () => {
  expect(nodeSize(makeStats(0), 'traffic', 100)).toBe(52)
  expect(nodeSize(makeStats(3600 * 100), 'traffic', 100)).toBe(88)
  expect(edgeWidth(100, 100)).toBe(6)
  expect(edgeWidth(0.0001, 100)).toBe(1.25)
  expect(edgeWidth(10, 100)).toBeGreaterThan(edgeWidth(1, 100))
  expect(redness(makeStats(100))).toBe(0)
  expect(redness(makeStats(1000, 10))).toBeGreaterThan(15)
  expect(redness(makeStats(10, 10))).toBe(100)
})

test('failed is what is not ok, in words and on every page; red is what is not the caller’s doing', () => {
  const stats = makeStats(1000, 10, 60, 30)
  expect(stats.error + stats.throttle + stats.fault).toBe(100)
  expect(edgeLabel(stats)[1]).toBe('10 % failed')
  expect(failedShare(stats)).toBe(0.1)
  expect(badShare(stats)).toBeCloseTo((stats.fault + stats.throttle) / 1000)
  const callers = makeStats(1000, 0, 60)
  expect([redness(callers), edgeLabel(callers)[1]]).toEqual([0, '6 % failed'])
  expect([failedShare(null), edgeLabel(makeStats(10)).length]).toEqual([0, 1])
})

test('edges end at the rim', () => {
  const c = curve({ x: 0, y: 0, r: 30 }, { x: 200, y: 0, r: 40 })
  expect(c.tip.x).toBeCloseTo(157, 0)
  expect(c.path.startsWith('M 31')).toBe(true)
  expect(curve({ x: 0, y: 0, r: 30 }, { x: 0, y: 0, r: 30 }).path).toContain('C')
})

test('sums keep counts and take quantiles from buckets', () => {
  const sum = sumStats([makeStats(100, 10), null, makeStats(300, 2)])
  expect(sum).toMatchObject({ requests: 400, fault: 12, ok: 388 })
  expect(sum?.p50_ns).toBeGreaterThan(1e7)
  expect(quantileOf([[0, 10, 50], [10, 20, 50]], 0.5)).toBeCloseTo(10)
  expect(quantileOf([], 0.5)).toBe(0)
  expect(sumStats([null])).toBeNull()
})

test('log buckets keep the total', () => {
  const buckets = logBuckets([[1e6, 2e6, 10], [2e6, 4e6, 20], [1e9, 2e9, 1]])
  expect(buckets.reduce((s, b) => s + b.count, 0)).toBeCloseTo(31, 6)
})

test('selections become queries', () => {
  const a = makeNode('a', { name: 'check out' })
  const b = makeNode('b', { name: 'payments' })
  const db = makeNode('db', { kind: 'inferred', type: 'Database::MySQL', name: 'orders' })
  expect(nodeQuery(b, { ranges: [], classes: [], operation: '' }, false)).toBe('service = payments')
  expect(nodeQuery(a, { ranges: [[2e8, 1.5e9]], classes: ['fault'], operation: '' }, true))
    .toBe('service = "check out" and env = prod and (kind = server or kind = consumer) and duration >= 200ms and duration <= 1.5s and class = fault')
  expect(nodeQuery(db, { ranges: [], classes: ['error', 'fault'], operation: '' }, false)).toBe('peer = orders and peer.type = "Database::MySQL" and (class = error or class = fault)')
  expect(quote('or')).toBe('"or"')
  expect(quote('a"b')).toBe('"a\\"b"')
  expect(duration(812_345)).toBe('812us')
})

test('a pick counts what its range and classes leave', () => {
  const counts = { ok: 90, error: 0, throttle: 0, fault: 10 }
  const histogram = [[0, 100, 50], [100, 200, 50]] as const
  expect(countPicked(histogram, counts, { ranges: [], classes: ['fault'], operation: '' })).toBe(10)
  expect(countPicked(histogram, counts, { ranges: [[100, 200]], classes: [], operation: '' })).toBe(50)
  expect(countPicked(histogram, counts, { ranges: [[50, 150]], classes: ['fault'], operation: '' })).toBe(5)
})

test('several ranges are alternatives, and survive the URL', () => {
  const pick = { ranges: [[1e6, 2e6], [1e9, 2e9]], classes: ['fault'], operation: '' } as const
  expect(nodeQuery(makeNode('a'), pick, false)).toBe(
    'service = a and (kind = server or kind = consumer) and ((duration >= 1ms and duration <= 2ms) or (duration >= 1s and duration <= 2s)) and class = fault',
  )
  const { dur, how, op } = printPick({ ...pick, operation: 'GET /' })
  expect(readPick(dur, how, op)).toEqual({ ...pick, operation: 'GET /' })
  expect(nodeQuery(makeNode('a'), { ...pick, ranges: [], classes: [], operation: 'GET /' }, false)).toBe('service = a and (kind = server or kind = consumer) and name = "GET /"')
  expect(readPick(['x', '5-3'], ['no'], undefined)).toEqual({ ranges: [], classes: [], operation: '' })
  expect(printPick({ ranges: [], classes: [], operation: '' })).toEqual({ dur: undefined, how: undefined, op: undefined })
  expect(countPicked([[0, 100, 50], [100, 200, 50]], { ok: 100, error: 0, throttle: 0, fault: 0 }, { ranges: [[0, 50], [150, 200]], classes: [], operation: '' })).toBe(50)
})

test('arrow keys follow edges and columns', () => {
  const at = new Map([['a', { x: 0, y: 0 }], ['b', { x: 200, y: -50 }], ['c', { x: 200, y: 50 }], ['d', { x: 400, y: 0 }]])
  const edges = [{ source: 'a', target: 'b' }, { source: 'a', target: 'c' }, { source: 'c', target: 'd' }]
  expect(walk('a', 'right', edges, at)).toBe('b')
  expect(walk('b', 'down', edges, at)).toBe('c')
  expect(walk('c', 'left', edges, at)).toBe('a')
  expect(walk('d', 'right', edges, at)).toBeUndefined()
})

test('nodes are told aloud with what is wrong', () => {
  expect(spoken('checkout', 'service', makeStats(3600, 72))).toMatch(/^checkout, service, 60 requests per minute, 2.% faults, p95 80.ms$/)
  expect(perMinute(20)).toBe('1.2k/min')
  expect(perMinute(0.01)).toBe('36/h')
  expect(perMinute(0.02)).toBe('1.2/min')
})

test('a trace becomes a map of its services and what they called', () => {
  const trace = decodeTrace(makeTrace(500))
  const { map, self } = traceGraph(trace)
  expect(map.nodes.some((n) => n.kind === 'client')).toBe(true)
  expect(map.nodes.some((n) => n.type === 'Database::PostgreSQL')).toBe(true)
  const ids = new Set(map.nodes.map((n) => n.id))
  for (const e of map.edges) expect(ids.has(e.source) && ids.has(e.target)).toBe(true)
  const services = [...self].filter(([id]) => id.startsWith('s')).reduce((sum, [, t]) => sum + t, 0)
  expect(services).toBeCloseTo(trace.spans.self.reduce((a, b) => a + b, 0), 0)
})
