import { expect, it } from 'vitest'
import type { Brush } from './brush'
import { barAt, barsOfDots, barsOfGrid, brushOfCell, cellAt, coarser, countIn, describeGrid, failedWords, gridFrame, gridOf, inkOf, lookOf, markOf, rectOf } from './heatmap'

const start = Date.UTC(2026, 0, 1)
const grid = gridOf({ start: '2026-01-01T00:00:00Z', step_ns: 60e9, columns: 10, rows: [[1e6, 1e7], [1e7, 1e8]], cells: [[0, 0, 90, 0], [0, 1, 9, 1], [9, 1, 1, 1]], spans: 100 })
const frame = gridFrame(grid, { left: 0, right: 100, top: 0, bottom: 40 })
const all: Brush = { from: null, to: null, low: null, high: null }

it('frames exactly what was counted', () => {
  expect(frame).toMatchObject({ from: start, to: start + 600_000, low: 1e6, high: 1e8 })
  expect(gridFrame({ ...grid, rows: [], cells: [] }, { left: 0, right: 1, top: 0, bottom: 1 })).toMatchObject({ low: 1e6, high: 1e9 })
})

it('chooses dots while there are few', () => {
  expect([lookOf(undefined, undefined), lookOf(undefined, 2000), lookOf(undefined, 2001), lookOf('scatter', 1e6)]).toEqual([null, 'scatter', 'heatmap', 'scatter'])
})

it('places cells in whole pixels', () => {
  expect(rectOf(frame, grid, { column: 0, row: 1 })).toEqual({ x: 0, y: 0, width: 9, height: 19 })
  expect(rectOf(frame, grid, { column: 9, row: 0 })).toEqual({ x: 90, y: 20, width: 9, height: 19 })
})

it('inks by count and marks failures by share, the smallest still seen', () => {
  expect([inkOf(0, 90), inkOf(90, 90), inkOf(1, 1)]).toEqual([0, 1, 0.7])
  expect(inkOf(1, 90)).toBeGreaterThan(0.1)
  expect([markOf({ count: 4, bad: 0 }), markOf({ count: 4, bad: 4 })]).toEqual([0, 1])
  expect(markOf({ count: 1000, bad: 1 })).toBeGreaterThan(0.2)
})

it('finds the cell under the pointer, and makes a box of it', () => {
  const cell = cellAt(grid, frame, 4, 10)
  expect(cell).toEqual({ column: 0, row: 1, count: 9, bad: 1 })
  expect(cellAt(grid, frame, 54, 10)).toBeNull()
  expect(cellAt(grid, frame, -1, 10)).toBeNull()
  expect(cell && brushOfCell(grid, cell)).toEqual({ from: start, to: start + 60_000, low: 1e7, high: 1e8 })
})

it('sums columns for the bars', () => {
  const bars = barsOfGrid(grid)
  expect([bars.length, bars[0].count, bars[0].bad, bars[9].count, bars[5].count]).toEqual([10, 99, 1, 1, 0])
  expect(barAt(bars, start + 61_000)).toBe(bars[1])
  expect(barAt(bars, start - 1)).toBeNull()
  const dots = [{ at: start, duration: 1, class: 'ok' as const, index: 0 }, { at: start + 9_999, duration: 1, class: 'fault' as const, index: 1 }, { at: start + 99_999, duration: 1, class: 'ok' as const, index: 2 }]
  expect(barsOfDots(dots, start, start + 10_000, 2).map((b) => [b.count, b.bad])).toEqual([[1, 0], [1, 1]])
})

it('puts rows together where there are too many', () => {
  expect(coarser(grid, 2)).toBe(grid)
  const one = coarser(grid, 1)
  expect([one.rows, one.cells, one.most, one.spans]).toEqual([[[1e6, 1e8]], [{ column: 0, row: 0, count: 99, bad: 1 }, { column: 9, row: 0, count: 1, bad: 1 }], 99, 100])
})

it('counts what a box holds', () => {
  expect(countIn(grid, all)).toEqual({ count: 100, bad: 2 })
  expect(countIn(grid, { ...all, low: 1e7 })).toEqual({ count: 10, bad: 2 })
  expect(countIn(grid, { ...all, to: start + 60_000 })).toEqual({ count: 99, bad: 1 })
})

it('says in words what it shows', () => {
  expect(describeGrid(grid)).toBe('Heatmap of 100 spans lasting 1 ms to 100 ms, most often 1 ms to 10 ms, 2 failed (2 %)')
  expect(describeGrid({ ...grid, cells: [] })).toBe('No spans to chart')
  expect(failedWords(5, 0)).toBe('')
})
