import { expect, test } from 'vitest'
import { layoutMap } from './mapLayout'
import { bounds, type LayoutInput, mostlyKnown, placeColumns, placeNew } from './mapPlace'
import { buildScene, type SceneOptions } from './mapScene'
import { makeMap } from './testdata/map'

const plain: SceneOptions = { open: new Set(), hops: 1, errorsOnly: false }

function input(n: number, change: Partial<SceneOptions> = {}): LayoutInput {
  const scene = buildScene(makeMap(n), { ...plain, ...change })
  return { nodes: scene.nodes.map((s) => ({ id: s.id, width: 132, height: 110, box: s.box })), edges: scene.edges }
}

function overlaps(i: LayoutInput, at: ReadonlyMap<string, { x: number; y: number }>): number {
  let n = 0
  for (const a of i.nodes) {
    for (const b of i.nodes) {
      if (a.id >= b.id) continue
      const p = at.get(a.id)
      const q = at.get(b.id)
      if (p && q && Math.abs(p.x - q.x) < 100 && Math.abs(p.y - q.y) < 100) n++
    }
  }
  return n
}

test.each([10, 100, 1000])('%i services are laid out without overlap, in a readable shape', (n) => {
  const i = input(n)
  const at = layoutMap(i)
  expect(at.size).toBe(i.nodes.length)
  expect(overlaps(i, at)).toBe(0)
  const size = bounds(i.nodes, at)
  expect(size.width / size.height).toBeGreaterThan(0.5)
  expect(size.width / size.height).toBeLessThan(8)
})

test('the same map always gives the same picture', () => {
  const i = input(60)
  const again = { nodes: [...i.nodes].reverse(), edges: [...i.edges].reverse() }
  expect(layoutMap(again)).toEqual(layoutMap(i))
})

test('open boxes hold their members and nothing else', () => {
  const i = input(60, { group: 'namespace', open: new Set(['namespace:team-0', 'namespace:team-1']) })
  const at = layoutMap(i)
  expect(overlaps(i, at)).toBe(0)
  const inside = i.nodes.filter((n) => n.box === 'namespace:team-0')
  expect(inside.length).toBeGreaterThan(1)
  const box = bounds(inside, at)
  for (const n of i.nodes) {
    const p = at.get(n.id)
    if (!p || n.box === 'namespace:team-0') continue
    expect(p.x > box.x && p.x < box.x + box.width && p.y > box.y && p.y < box.y + box.height).toBe(false)
  }
})

test('new nodes are placed without moving known ones', () => {
  const before = input(40)
  const known = layoutMap(before)
  const nodes = [...before.nodes, { id: 'new-1', width: 132, height: 110, box: '' }, { id: 'new-2', width: 132, height: 110, box: '' }, { id: 'alone', width: 132, height: 110, box: '' }]
  const edges = [...before.edges, { source: 'svc-1', target: 'new-1' }, { source: 'new-1', target: 'new-2' }]
  const after = placeNew({ nodes, edges }, known)
  for (const [id, p] of known) expect(after.get(id)).toEqual(p)
  expect(after.size).toBe(nodes.length)
  expect(overlaps({ nodes, edges }, after)).toBe(0)
  expect((after.get('new-2')?.x ?? 0)).toBeGreaterThan(after.get('new-1')?.x ?? 0)
  expect(mostlyKnown(nodes, known)).toBe(true)
  expect(mostlyKnown(nodes, new Map())).toBe(false)
})

test('without time for a layout, columns from callers to callees do', () => {
  const i = input(500, { group: 'none' })
  const at = placeColumns(i)
  expect(at.size).toBe(i.nodes.length)
  expect(overlaps(i, at)).toBe(0)
  expect(at.get('client')?.x).toBe(0)
  const size = bounds(i.nodes, at)
  expect(size.width / size.height).toBeGreaterThan(0.8)
  expect(size.width / size.height).toBeLessThan(4)
  expect(placeColumns({ ...i, nodes: [], edges: [] }).size).toBe(0)
})
