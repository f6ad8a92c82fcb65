import { expect, test } from 'vitest'
import { deploymentsOf } from './mapDeployed'
import { mapJson } from './mapJson'
import { buildScene } from './mapScene'
import { asMap, makeEdge, makeNode } from './testdata/map'

const nodes = [makeNode('a', { name: 'cart', namespace: 'shop' }), makeNode('b', { name: 'pay', namespace: 'shop' }), makeNode('c', { name: 'cart', env: 'test' }), makeNode('db', { kind: 'inferred', type: 'Database::MySQL', name: 'cart' })]
const map = asMap(nodes, [makeEdge('a', 'b'), makeEdge('a', 'db')])
const plain = { open: new Set<string>(), hops: 1, errorsOnly: false }
const row = (name: string, env: string, version: string | null) => ({ name, env, type: 'service', deployed: version === null ? null : { version, at: '2026-11-22T14:03:00' } })

test('a service that got a version in the time in view says so, a group how many of it', () => {
  const services = [row('cart', 'prod', '1.4.2'), row('pay', 'prod', 'v2'), row('cart', 'test', null)]
  const one = deploymentsOf(buildScene(map, plain).nodes, map.nodes, services)
  expect([...one]).toEqual([['a', 'v1.4.2 deployed 14:03:00'], ['b', 'v2 deployed 14:03:00']])
  const grouped = buildScene(map, { ...plain, group: 'namespace' })
  expect([...deploymentsOf(grouped.nodes, map.nodes, services)]).toEqual([['namespace:shop', '2 deployments']])
  expect(deploymentsOf(grouped.nodes, map.nodes, [row('cart', 'prod', null)]).size).toBe(0)
})

test('the map as JSON has what is in view, with the server\'s own figures', () => {
  const out = mapJson(map, buildScene(map, { ...plain, focus: 'b' }))
  expect(out.nodes.map((n) => n.id)).toEqual(['a', 'b'])
  expect(out.edges).toEqual([map.edges[0]])
  expect([out.from, out.to]).toEqual([map.from, map.to])
  const ghosts = mapJson(map, buildScene(map, { ...plain, ghosts: new Set(['b', 'a>b']) }))
  expect([ghosts.nodes.map((n) => n.id), ghosts.edges.map((e) => e.id)]).toEqual([['a', 'c', 'db'], ['a>db']])
  expect(mapJson(map, buildScene(map, { ...plain, group: 'namespace' })).nodes).toHaveLength(4)
})
