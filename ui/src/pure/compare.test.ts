import { expect, it } from 'vitest'
import type { ComparedAttribute } from '../api/types'
import { cardsOf, coverageOf, findingOf, questionOf, scaleOf, sideWords, strengthOf, valuesOf } from './compare'

const range = { from: 'now-1h', to: 'now' }
const brush = { from: 1000.2, to: 2000.2, low: 5e8, high: null }
const attribute = (key: string, over: Partial<ComparedAttribute> = {}): ComparedAttribute => ({
  key, kind: 'category', score: 0.5, selection_coverage: 1, baseline_coverage: 1, unique: false,
  values: [{ label: 'gold', filter: `${key} = gold`, selection: 0.9, baseline: 0.1 }, { label: 'tin', filter: `${key} = tin`, selection: 0.1, baseline: 0.5 }], ...over,
})

it('asks about a box, or about failures', () => {
  expect(questionOf('brush', 'service = web', range, brush, 'rest', '')).toEqual({ q: 'service = web', range, of: { selection: 'duration >= 500ms', selection_from: '1000', selection_to: '2001', baseline: 'rest', baseline_q: undefined } })
  expect(questionOf('failed', '', range, brush, 'week', 'x')).toEqual({ q: '', range, of: { selection: 'class != ok', baseline: 'week', baseline_q: undefined } })
  expect(questionOf('failed', '', range, null, 'query', 'env = b')?.of.baseline_q).toBe('env = b')
  expect(questionOf('failed', '', range, null, 'query', ' ')).toBeNull()
  expect(questionOf('brush', '', range, null, 'rest', '')).toBeNull()
})

it('shows the most different attributes, ids only when asked', () => {
  const all = [attribute('tier'), attribute('request.id', { unique: true }), ...Array.from({ length: 30 }, (_, i) => attribute(`k${i}`))]
  expect(cardsOf(all, 'brush', '', false)).toMatchObject({ ids: 1, found: 31 })
  expect(cardsOf(all, 'brush', '', false).shown).toHaveLength(20)
  expect(cardsOf(all, 'brush', '', true).shown[1].key).toBe('request.id')
  expect(cardsOf(all, 'brush', 'TIER gold', false).shown.map((a) => a.key)).toEqual(['tier'])
  expect(cardsOf(all, 'brush', 'nothing', false)).toEqual({ shown: [], ids: 0, found: 0 })
})

it('knows what a failure is told by', () => {
  const all = [attribute('status'), attribute('tier')]
  expect(cardsOf(all, 'failed', '', false).shown.map((a) => a.key)).toEqual(['tier'])
  expect(cardsOf(all, 'brush', '', false).found).toBe(2)
})

it('shows the first values, and all ranges', () => {
  const values = Array.from({ length: 10 }, (_, i) => ({ label: String(i), filter: '', selection: 0, baseline: 0 }))
  expect(valuesOf({ kind: 'category', values }, false)).toEqual({ rest: 4, shown: values.slice(0, 6) })
  expect(valuesOf({ kind: 'category', values }, true).rest).toBe(0)
  expect(valuesOf({ kind: 'number', values }, false).rest).toBe(0)
  expect(valuesOf({ kind: 'category', values: values.slice(0, 7) }, false).rest).toBe(0)
})

it('says what a card found', () => {
  expect(findingOf(attribute('tier'))).toBe('gold: 90 % against 10 %')
  expect(findingOf(attribute('tier', { values: [] }))).toBe('')
  expect(scaleOf(attribute('tier').values)).toBe(0.9)
  expect(sideWords({ spans: 1, sampled: false }, 'failed span')).toBe('1 failed span')
  expect(sideWords({ spans: 20000, sampled: true }, 'other')).toBe('the newest 20,000 others')
  expect(scaleOf([])).toBe(1)
  expect([0.8, 0.3, 0.1].map(strengthOf)).toEqual(['strong', 'clear', 'weak'])
  expect(coverageOf(attribute('tier'))).toBe('')
  expect(coverageOf(attribute('tier', { selection_coverage: 0.4 }))).toBe('on 40 % of these, 100 % of the others')
})
