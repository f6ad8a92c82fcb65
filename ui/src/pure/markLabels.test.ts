import { expect, it } from 'vitest'
import { markLabels } from './markLabels'

it('names stand at their marks, together where they would touch, and inside of the axis', () => {
  expect(markLabels([['p50', 0.2], ['p95', 0.6], ['p99', 0.8]])).toEqual([
    { text: 'p50', at: 0.2, align: 'middle' },
    { text: 'p95', at: 0.6, align: 'middle' },
    { text: 'p99', at: 0.8, align: 'middle' },
  ])
  const near = markLabels([['p50', 0.2], ['p95', 0.6], ['p99', 0.63]])
  expect(near.map((l) => [l.text, l.align])).toEqual([['p50', 'middle'], ['p95 · p99', 'middle']])
  expect(near[1].at).toBeCloseTo(0.615)
  expect(markLabels([['p50', 0], ['p95', 0.01], ['p99', 1]])).toEqual([{ text: 'p50 · p95', at: 0, align: 'start' }, { text: 'p99', at: 1, align: 'end' }])
  // Together they are wide, and reach the one before.
  expect(markLabels([['p50', 0.8], ['p95', 0.93], ['p99', 0.95]]).map((l) => l.text)).toEqual(['p50 · p95 · p99'])
  expect(markLabels([])).toEqual([])
})
