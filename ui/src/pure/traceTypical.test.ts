import { expect, test } from 'vitest'
import { typicalWhy } from './traceTypical'

const typical = { by: 'structure', class: 'ok', sample: 80, alike: 61, duration_ns: 2.12e8, median_ns: 2.08e8 } as const

test('says by what a typical request was chosen', () => {
  expect(typicalWhy(typical)).toBe('The structure of 61 of 80 recent requests; 212 ms, median 208 ms')
  expect(typicalWhy({ ...typical, class: 'fault' })).toContain('of 61 of 80 recent requests that ended so;')
  expect(typicalWhy({ ...typical, by: 'middle', alike: 1 })).toContain('Nearest in structure to 80 recent requests')
  expect(typicalWhy({ ...typical, by: 'duration' })).toContain('Nearest the median in duration')
  expect(typicalWhy({ ...typical, sample: 1, alike: 1 })).toContain('The only one')
})
