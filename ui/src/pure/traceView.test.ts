import { expect, test } from 'vitest'
import { bringIn, clampView, fit, moveEdge, pan, parseZoom, printZoom, ticks, toNanos, toPx, wholeView, zoomAt, zoomTrail } from './traceView'

const D = 1e9

test('zooming keeps the moment under the pointer', () => {
  const view = { from: 2e8, to: 6e8 }
  const at = 3e8
  const closer = zoomAt(view, at, 0.5, D)
  expect(toPx(closer, 800, at)).toBeCloseTo(toPx(view, 800, at))
  expect(closer.to - closer.from).toBeCloseTo(2e8)
  expect(zoomAt(view, at, 100, D)).toEqual(wholeView(D))
})

test('a view never leaves the trace and never gets too narrow', () => {
  expect(clampView({ from: -5, to: 2e9 }, D)).toEqual({ from: 0, to: D })
  expect(clampView({ from: 9.9e8, to: 12e8 }, D)).toEqual({ from: D - 2.1e8, to: D })
  expect(clampView({ from: 5, to: 5 }, D)).toEqual({ from: 5, to: 105 })
  expect(clampView({ from: 0, to: 0 }, 40)).toEqual({ from: 0, to: 40 })
  expect(pan({ from: 0, to: 1e8 }, -1, D)).toEqual({ from: 0, to: 1e8 })
})

test('px and ns are inverse', () => {
  const view = { from: 123, to: 98765 }
  expect(toNanos(view, 640, toPx(view, 640, 5000))).toBeCloseTo(5000)
})

test('ticks are round and inside the view', () => {
  expect(ticks({ from: 0, to: 1e9 }, 1100)).toEqual([0, 1e8, 2e8, 3e8, 4e8, 5e8, 6e8, 7e8, 8e8, 9e8, 1e9])
  for (const t of ticks({ from: 123456, to: 234567 }, 500)) {
    expect(t).toBeGreaterThanOrEqual(123456)
    expect(t).toBeLessThanOrEqual(234567)
  }
})

test('zoom survives the URL and nonsense falls back', () => {
  const view = { from: 1000, to: 5000 }
  expect(parseZoom(printZoom(view, D), D)).toEqual(view)
  expect(printZoom(wholeView(D), D)).toBeUndefined()
  for (const bad of [undefined, '', 'a,b', '5,1', '5000000000,6000000000']) expect(parseZoom(bad, D)).toBeUndefined()
})

test('fit leaves air and bringIn moves only when needed', () => {
  const view = fit(4e8, 5e8, D)
  expect(view.from).toBeLessThan(4e8)
  expect(view.to).toBeGreaterThan(5e8)
  expect(bringIn(view, 4.5e8, 4.6e8, D)).toBe(view)
  const moved = bringIn(view, 9e8, 9.1e8, D)
  expect(moved.to).toBeGreaterThan(9.1e8)
})

test('an edge moves alone and stops short of the other', () => {
  const view = { from: 2e8, to: 6e8 }
  expect(moveEdge(view, 'from', 3e8, D)).toEqual({ from: 3e8, to: 6e8 })
  expect(moveEdge(view, 'to', 2e9, D)).toEqual({ from: 2e8, to: 1e9 })
  expect(moveEdge(view, 'from', 9e8, D)).toEqual({ from: 6e8 - 100, to: 6e8 })
  expect(moveEdge(view, 'to', 0, D)).toEqual({ from: 2e8, to: 2e8 + 100 })
})

test('the trail of zooms holds what holds the view, and nothing twice', () => {
  const v = (from: number, to: number) => ({ from: from * 1e6, to: to * 1e6 })
  let trail = zoomTrail([], v(100, 600), D)
  expect(trail).toEqual([v(100, 600)])
  trail = zoomTrail(trail, v(200, 300), D)
  trail = zoomTrail(trail, v(240, 260), D)
  expect(trail).toEqual([v(100, 600), v(200, 300), v(240, 260)])
  // Moved sideways at the same width: it takes the place of the last.
  expect(zoomTrail(trail, v(270, 290), D)).toEqual([v(100, 600), v(200, 300), v(270, 290)])
  expect(zoomTrail(trail, v(210, 300), D)).toEqual([v(100, 600), v(210, 300)])
  expect(zoomTrail(trail, v(500, 900), D)).toEqual([v(500, 900)])
  expect(zoomTrail(trail, wholeView(D), D)).toEqual([])
})
