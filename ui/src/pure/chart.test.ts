import { expect, it } from 'vitest'
import { indexAt, niceDurationMax, niceMax, runs, sparkPath, stack, thin, ticksOf, timeAt, xOf, yOf } from './chart'

const box = { left: 50, right: 150, top: 10, bottom: 110 }

it('ends scales at round figures', () => {
  const f = (value: number, want: number) => expect(niceMax(value)).toBeCloseTo(want, 10)
  f(0, 1)
  f(NaN, 1)
  f(0.63, 0.8)
  f(1, 1)
  f(57, 60)
  f(101, 150)
  f(8.7e9, 1e10)
  expect(niceDurationMax(2.2e8)).toBe(3e8)
  expect(niceDurationMax(70e9)).toBe(120e9)
  expect(niceDurationMax(3 * 86_400e9)).toBe(3 * 86_400e9)
  expect(ticksOf(10)).toEqual([0, 5, 10])
})

it('places values and moments', () => {
  expect(yOf(box, 10, 0)).toBe(110)
  expect(yOf(box, 10, 10)).toBe(10)
  expect(yOf(box, 10, 99)).toBe(10)
  expect(xOf(box, 1000, 10, 10, 1050)).toBe(100)
  expect(timeAt(box, 1000, 10, 10, 100)).toBe(1050)
})

it('finds the step under a pixel', () => {
  expect(indexAt(box, 10, 50)).toBe(0)
  expect(indexAt(box, 10, 59.9)).toBe(0)
  expect(indexAt(box, 10, 150)).toBe(9)
  expect(indexAt(box, 10, 49)).toBeNull()
  expect(indexAt(box, 0, 60)).toBeNull()
})

it('stacks series', () => {
  expect(stack([[1, 2], [3, 4]])).toEqual([{ low: [0, 0], high: [1, 2] }, { low: [1, 2], high: [4, 6] }])
})

it('breaks lines at gaps', () => {
  expect(runs([1, 2, null, 3, null, null, 4, 5])).toEqual([[0, 1], [3, 3], [6, 7]])
  expect(runs([])).toEqual([])
  expect(runs([null])).toEqual([])
})

it('draws small lines', () => {
  expect(sparkPath([0, 10, 5], 20, 12)).toBe('M0 11L10 1L20 6')
  expect(sparkPath([0, 0], 20, 12)).toBe('M0 11L20 11')
  expect(sparkPath([5], 20, 12)).toBe('M0 1')
  expect(sparkPath([], 20, 12)).toBe('')
})

it('keeps spikes when it thins', () => {
  expect(thin([1, 9, 1, 1, 1, 1], 3)).toEqual([9, 1, 1])
  expect(thin([1, 2], 3)).toEqual([1, 2])
})
