import { expect, test } from 'vitest'
import { troubles } from './mapHealth'
import { kindOf } from './mapKind'
import { FLOWING, flowsOf } from './mapFlow'
import { buildScene, GROUP_OVER, groupingsOf, type SceneOptions, within } from './mapScene'
import { asMap, makeEdge, makeMap, makeNode, makeStats } from './testdata/map'

const plain: SceneOptions = { open: new Set(), hops: 1, errorsOnly: false, group: 'none' }

test('small maps are drawn as they are', () => {
  const map = makeMap(10)
  const scene = buildScene(map, { ...plain, group: undefined })
  expect(scene.group).toBe('none')
  expect(scene.nodes).toHaveLength(map.nodes.length)
  expect(scene.edges).toHaveLength(map.edges.length)
})

test('a hundred services are not grouped, a thousand are, and stay under the limit', () => {
  expect(buildScene(makeMap(100), { ...plain, group: undefined }).group).toBe('none')
  const scene = buildScene(makeMap(1000), { ...plain, group: undefined })
  expect(scene.group).toBe('namespace')
  expect(scene.nodes.length).toBeLessThanOrEqual(GROUP_OVER)
  expect(scene.ask).toBe(false)
})

test('a thousand services without groups ask for a focus', () => {
  const scene = buildScene(makeMap(1000), plain)
  expect(scene.ask).toBe(true)
  expect(buildScene(makeMap(1000), { ...plain, force: true }).ask).toBe(false)
  expect(buildScene(makeMap(1000), { ...plain, focus: 'svc-3', hops: 1 }).ask).toBe(false)
})

test('focus keeps what is within its hops', () => {
  const map = asMap(['a', 'b', 'c', 'd', 'e'].map((id) => makeNode(id)), [makeEdge('a', 'b'), makeEdge('b', 'c'), makeEdge('c', 'd'), makeEdge('e', 'c')])
  expect([...within(map.edges, 'b', 1)].sort()).toEqual(['a', 'b', 'c'])
  expect(buildScene(map, { ...plain, focus: 'b', hops: 2 }).nodes.map((n) => n.id)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(buildScene(map, { ...plain, focus: 'gone', hops: 1 }).nodes).toHaveLength(5)
})

test('errors only keeps failing nodes and the ends of failing edges', () => {
  const map = asMap([makeNode('a'), makeNode('b'), makeNode('c', { stats: makeStats(10, 2) })], [makeEdge('a', 'b'), makeEdge('b', 'c', makeStats(10, 2))])
  expect(buildScene(map, { ...plain, errorsOnly: true }).nodes.map((n) => n.id)).toEqual(['b', 'c'])
})

test('more than eight leaves of one type fold into one node, which opens', () => {
  const tables = Array.from({ length: 9 }, (_, i) => makeNode(`t${i}`, { kind: 'inferred', type: 'AWS::DynamoDB::Table' }))
  const map = asMap([makeNode('a'), ...tables], tables.map((t) => makeEdge('a', t.id, makeStats(100, 1))))
  const scene = buildScene(map, plain)
  expect(scene.nodes.map((n) => n.label)).toEqual(['a', '9 DynamoDB tables'])
  expect(scene.edges).toHaveLength(1)
  expect(scene.edges[0].stats.requests).toBe(900)
  expect(scene.edges[0].stats.fault).toBe(9)
  expect(buildScene(map, { ...plain, open: new Set([scene.nodes[1].id]) }).nodes).toHaveLength(10)
})

test('closed groups are one node with summed figures; open ones are boxes', () => {
  const map = asMap(
    [makeNode('a', { namespace: 'x' }), makeNode('b', { namespace: 'x', stats: makeStats(1000, 100) }), makeNode('c', { namespace: 'y' })],
    [makeEdge('a', 'b'), makeEdge('b', 'c'), makeEdge('a', 'c')],
  )
  const closed = buildScene(map, { ...plain, group: 'namespace' })
  expect(closed.nodes.map((n) => [n.label, n.stats?.requests, n.stats?.fault])).toEqual([['x', 2000, 100], ['c', 1000, 0]])
  expect(closed.edges.map((e) => [e.source, e.target, e.stats.requests])).toEqual([['namespace:x', 'c', 2000]])
  const open = buildScene(map, { ...plain, group: 'namespace', open: new Set(['namespace:x']) })
  expect(open.boxes).toEqual([{ id: 'namespace:x', label: 'x', count: 2 }])
  expect(open.nodes.map((n) => [n.id, n.box])).toEqual([['a', 'namespace:x'], ['b', 'namespace:x'], ['c', '']])
})

test('trouble is named where it begins and says who feels it', () => {
  const bad = (n: number) => makeStats(1000, n)
  const map = asMap(
    [makeNode('gateway', { stats: bad(50) }), makeNode('checkout', { stats: bad(60) }), makeNode('payments', { stats: bad(70) }), makeNode('db', { kind: 'inferred' }),
      makeNode('search', { stats: makeStats(1000, 0, 0, 90) })],
    [makeEdge('gateway', 'checkout', bad(50)), makeEdge('checkout', 'payments', bad(60)), makeEdge('payments', 'db'), makeEdge('gateway', 'search', makeStats(1000, 0, 0, 90))],
  )
  const scene = buildScene(map, plain)
  expect(troubles(scene.nodes, scene.edges)).toEqual([
    { id: 'search', label: 'search', what: 'throttle', share: 0.09, count: 90, felt: ['gateway'] },
    { id: 'payments', label: 'payments', what: 'fault', share: 0.07, count: 70, felt: ['checkout', 'gateway'] },
  ])
  expect(troubles(buildScene(makeMap(5, 3), plain).nodes, [])).toBeDefined()
})

test.each([
  ['Database::PostgreSQL', 'database', 'PG'],
  ['AWS::DynamoDB::Table', 'table', 'DDB'],
  ['AWS::SQS::Queue', 'queue', 'SQS'],
  ['AWS::Lambda::Function', 'function', 'λ'],
  ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'balancer', 'LB'],
  ['AWS::ApiGateway::Stage', 'gateway', 'API'],
  ['Cache::Redis', 'cache', 'RD'],
  ['AWS::ECS::Fargate', 'service', ''],
  ['client', 'client', ''],
  ['remote', 'external', ''],
  ['', 'service', ''],
  ['Something::New', 'service', ''],
])('%s is drawn as %s', (type, glyph, badge) => {
  expect(kindOf(type)).toMatchObject({ glyph, badge })
})

test('hosts outside fold to one, whoever calls them, and can be hidden', () => {
  const hosts = Array.from({ length: 9 }, (_, i) => makeNode(`h${i}`, { kind: 'inferred', type: 'remote' }))
  const map = asMap([makeNode('a'), makeNode('b'), ...hosts], hosts.map((h, i) => makeEdge(i % 2 === 0 ? 'a' : 'b', h.id)))
  const scene = buildScene(map, plain)
  expect(scene.nodes.map((n) => n.label)).toEqual(['a', 'b', 'External (9)'])
  expect(scene.edges.map((e) => [e.source, e.members.length])).toEqual([['a', 5], ['b', 4]])
  expect(buildScene(map, { ...plain, hideExternal: true }).nodes.map((n) => n.id)).toEqual(['a', 'b'])
  expect(buildScene(map, { ...plain, bunch: false }).nodes).toHaveLength(11)
  const opened = buildScene(map, { ...plain, open: new Set([scene.nodes[2].id]) })
  expect(opened.nodes.filter((n) => n.bunch === scene.nodes[2].id)).toHaveLength(9)
})

test('teams group where services name one', () => {
  const team = (id: string, name: string) => ({ ...makeNode(id), team: name })
  const map = asMap([team('a', 'pay'), team('b', 'pay'), team('c', '')], [])
  expect(groupingsOf(map.nodes)).toContain('team')
  expect(groupingsOf([makeNode('a')])).not.toContain('team')
  expect(buildScene(map, { ...plain, group: 'team' }).nodes.map((n) => n.label)).toEqual(['pay', 'c'])
})

test('what is remembered only is drawn as a ghost', () => {
  const map = asMap([makeNode('a'), makeNode('b', { stats: null })], [makeEdge('a', 'b')])
  const scene = buildScene(map, { ...plain, ghosts: new Set(['b', 'a>b']) })
  expect(scene.nodes.map((n) => n.ghost)).toEqual([false, true])
  expect(scene.edges[0].ghost).toBe(true)
})

test('dots move on the busiest edges only', () => {
  const edges = buildScene(makeMap(100), plain).edges
  const flows = flowsOf(edges)
  expect(flows).toHaveLength(FLOWING)
  expect(Math.max(...flows.map((f) => f.dots))).toBeLessThanOrEqual(3)
  expect(flows[0].seconds).toBeLessThanOrEqual(flows[flows.length - 1].seconds)
  expect(flowsOf([])).toEqual([])
})
