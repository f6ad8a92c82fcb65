import { expect, test } from 'vitest'
import { curve, type Disc } from './mapDraw'
import { edgeAt, fitted, nodeAt } from './mapHit'

const discs = new Map<string, Disc>([['a', { x: 0, y: 0, r: 30 }], ['b', { x: 300, y: 0, r: 40 }], ['c', { x: 300, y: 200, r: 30 }]])
const of = (a: string, b: string) => curve(discs.get(a) ?? { x: 0, y: 0, r: 0 }, discs.get(b) ?? { x: 0, y: 0, r: 0 })

test('a point is in the nearest disc within reach', () => {
  expect(nodeAt(discs, { x: 10, y: 10 }, 4)).toBe('a')
  expect(nodeAt(discs, { x: 33, y: 0 }, 4)).toBe('a')
  expect(nodeAt(discs, { x: 60, y: 0 }, 4)).toBeUndefined()
})

test('a point is on the nearest edge within reach', () => {
  const curves = [['ab', of('a', 'b')], ['ac', of('a', 'c')]] as const
  expect(edgeAt(curves, { x: 150, y: 2 }, 6)).toBe('ab')
  expect(edgeAt(curves, { x: 150, y: 100 }, 6)).toBe('ac')
  expect(edgeAt(curves, { x: 100, y: 150 }, 6)).toBeUndefined()
})

test('the whole map fits into the padding', () => {
  const size = { width: 800, height: 600 }
  const padding = { top: 60, right: 20, bottom: 40, left: 20 }
  const view = fitted(discs, size, padding, 1.25, 0.05)
  if (view === null) throw new Error('no view')
  for (const d of discs.values()) {
    expect((d.x - d.r) * view.zoom + view.x).toBeGreaterThanOrEqual(19)
    expect((d.x + d.r) * view.zoom + view.x).toBeLessThanOrEqual(781)
    expect((d.y - d.r) * view.zoom + view.y).toBeGreaterThanOrEqual(59)
    expect((d.y + d.r) * view.zoom + view.y).toBeLessThanOrEqual(561)
  }
  expect(fitted(new Map(), size, padding, 1, 0.1)).toBeNull()
})
