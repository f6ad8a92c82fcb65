import { describe, expect, it } from 'vitest'
import type { Heatmap } from '../api/types'
import { againstText, histogramOfHeatmap, logPlace, operationClause, rangeAround, rankOf, rankText, slowerClause } from './traceRank'

const histogram: [number, number, number][] = [[10, 20, 50], [20, 40, 40], [40, 80, 10]]

describe('a span among the others of its operation', () => {
  it('stands where its duration puts it', () => {
    expect(rankOf(histogram, 5)).toMatchObject({ count: 100, faster: 0 })
    expect(rankOf(histogram, 20)?.faster).toBe(0.5)
    expect(rankOf(histogram, Math.sqrt(20 * 40))?.faster).toBeCloseTo(0.7)
    expect(rankOf(histogram, 500)?.faster).toBe(1)
    expect(rankOf([], 5)).toBeNull()
  })
  it('says the end that it is nearer to, and never that it is slower than itself', () => {
    const text = (ns: number) => rankText(rankOf(histogram, ns) ?? { count: 0, p50: 0, p95: 0, faster: 0 })
    expect(text(500)).toBe('Slower than 99 % of 100')
    expect(text(12)).toBe('Faster than 87 % of 100')
    expect(rankText({ count: 1, p50: 1, p95: 1, faster: 0 })).toBe('The only one in this range')
  })
  it('is told against p50 and p95', () => {
    const rank = { count: 9, p50: 1e6, p95: 4e6, faster: 1 }
    expect(againstText(rank, 5e6)).toBe('5 × p50, above p95')
    expect(againstText(rank, 1e6)).toBe('about p50')
    expect(againstText(rank, 0.25e6)).toBe('0.25 × p50')
  })
})

it('sums a heatmap over time', () => {
  const map: Heatmap = { start: '', step_ns: 1, columns: 2, rows: [[1, 2], [2, 4]], cells: [[0, 0, 3, 0], [1, 0, 4, 1], [1, 1, 5, 0]], spans: 12, complete: true, reason: '', searched_from: '', elapsed_ms: 1, rows_read: 1, query: '' }
  expect(histogramOfHeatmap(map)).toEqual([[1, 2, 7], [2, 4, 5]])
})

it('asks for the spans of an operation', () => {
  expect(operationClause('web', 'GET /', 'server')).toBe('service = web and name = "GET /" and kind = server')
  expect(operationClause('web', 'x', 'unspecified')).toBe('service = web and name = x')
  expect(slowerClause('web', 'x', 'client', 12_345_678)).toBe('service = web and name = x and kind = client and duration >= 12.3ms')
})

it('takes the page’s range, or an hour around a trace that lies outside of it', () => {
  const now = 1_800_000_000_000
  const range = { from: 'now-1h', to: 'now' }
  expect(rangeAround(range, now - 60_000, now)).toBe(range)
  const old = now - 86_400_000
  expect(rangeAround(range, old, now)).toEqual({ from: String(old - 1_800_000), to: String(old + 1_800_000) })
})

it('places durations on a logarithmic axis', () => {
  expect([logPlace(1, 100, 10), logPlace(1, 100, 0.5), logPlace(1, 100, 5000)]).toEqual([0.5, 0, 1])
})
