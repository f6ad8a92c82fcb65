import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Class, MapNode } from '../api/types'
import { edgeQuery, edgeSets, edgesQuery, NOTHING_PICKED, nodeQuery } from './mapQuery'
import { makeEdge, makeNode } from './testdata/map'

type Case = { edge: string; ranges?: [number, number][]; classes?: Class[]; operation?: string; envs?: boolean; traces: number[]; query: string; sets: string }

/** A node out of its id, as the server makes it. */
function nodeOf(id: string): MapNode {
  const [kind, env, name, type] = id.split('/').map(decodeURIComponent)
  return makeNode(id, { kind: kind as MapNode['kind'], env, name, type: type ?? kind })
}

// The server's own test asks these queries of the real engine, and finds the traces that each names.
test('what asks for the traces of a connection is what the server is tested with', () => {
  const cases = JSON.parse(readFileSync('../query/testdata/edges.json', 'utf8')) as Case[]
  for (const c of cases) {
    const async = c.edge.includes('>>')
    const [source, target] = c.edge.split(/>+/).map(nodeOf)
    const pick = { ranges: c.ranges ?? [], classes: c.classes ?? [], operation: c.operation ?? '' }
    const edge = makeEdge(source.id, target.id, undefined, { async })
    expect({ edge: c.edge, query: edgeQuery(edge, source, target, pick, c.envs === true), sets: edgeSets(edge, source, target, pick, c.envs === true) }).toEqual({ edge: c.edge, query: c.query, sets: c.sets })
  }
  expect(cases.length).toBeGreaterThan(15)
})

test('a name is a name and no pattern', () => {
  const odd = makeNode('x', { name: 'a.b "c" (d)' })
  expect(edgeQuery(makeEdge('a', 'x'), makeNode('a'), odd, NOTHING_PICKED, false)).toContain('span:peer =~ "a\\\\.b \\"c\\" \\\\(d\\\\)([.:].*)?"')
})

test('a client asks for what it began, a test for what names it', () => {
  expect(nodeQuery(makeNode('c', { kind: 'client', type: 'client', name: 'web' }), NOTHING_PICKED, false)).toBe('root and kind = server and service = web and not peer.type = "Client::Synthetic"')
  expect(nodeQuery(makeNode('c', { kind: 'client', type: 'Client::Synthetic', name: 'probe' }), { ...NOTHING_PICKED, classes: ['fault'] }, false)).toBe(
    'root and kind = server and peer = probe and peer.type = "Client::Synthetic" and class = fault',
  )
})

test('several connections are alternatives, of one language', () => {
  const [a, b] = [makeNode('a'), makeNode('b')]
  const db = makeNode('db', { kind: 'inferred', type: 'Database::MySQL', name: 'orders' })
  const [ab, bdb] = [{ edge: makeEdge('a', 'b'), source: a, target: b }, { edge: makeEdge('b', 'db'), source: b, target: db }]
  const pick = { ...NOTHING_PICKED, classes: ['fault'] } as const
  expect(edgesQuery([bdb], pick, false)).toBe('service = b and (kind = client or kind = producer) and peer = orders and peer.type = "Database::MySQL" and class = fault')
  expect(edgesQuery([ab, bdb], pick, false)).toBe(`(${edgeSets(ab.edge, a, b, pick, false)}) || (${edgeSets(bdb.edge, b, db, pick, false)})`)
  expect(edgesQuery([ab], pick, false)).toBe(edgeQuery(ab.edge, a, b, pick, false))
})
