import { expect, it } from 'vitest'
import type { ServiceRow, Stats } from '../api/types'
import { changeOf, failedShare, faultShare, failedSpark, filterRows, firstDir, gaps, groupRows, rowKey, shareSeries, sortRows, typeLabel } from './red'

const stats = (more: Partial<Stats> = {}): Stats => ({ requests: 100, ok: 90, error: 4, throttle: 1, fault: 5, rate: 1, avg_ns: 1, p50_ns: 1, p95_ns: 1, p99_ns: 1, histogram: [], ...more })
const row = (name: string, more: Partial<Stats> = {}): ServiceRow => ({ name, env: 'prod', namespace: 'shop', type: 'AWS::ECS::Container', team: '', versions: [], deployed: null, stats: stats(more), apdex: null, series: { step_s: 60, start: '', requests: [], fault: [], failed: [], p95_ns: [] } })

it('counts what failed', () => {
  expect(failedShare(stats())).toBe(0.1)
  expect(faultShare(stats())).toBe(0.05)
  expect(failedShare(stats({ requests: 0 }))).toBe(0)
})

it('makes shares of series, and gaps of nothing', () => {
  const series = { step_s: 60, start: '', ok: [9, 0], error: [1, 0], throttle: [0, 0], fault: [0, 0], p50_ns: [], p95_ns: [], p99_ns: [] }
  expect(shareSeries(series, 'error')).toEqual([0.1, 0])
  expect(gaps([0, 5])).toEqual([null, 5])
})

it('shows faults quietly while they are few', () => {
  expect(failedSpark({ requests: [1000, 0], failed: [1, 0] })).toEqual({ values: [0.001, 0], max: 0.05, loud: false })
  expect(failedSpark({ requests: [10], failed: [3] })).toEqual({ values: [0.3], max: 0.3, loud: true })
})

it('sorts by a column and then by name', () => {
  const rows = [row('b', { rate: 1 }), row('c', { rate: 5 }), row('a', { rate: 1 })]
  const names = (key: Parameters<typeof sortRows>[1], dir: 'asc' | 'desc') => sortRows(rows, key, dir).map((r) => r.name)
  expect(names('rate', 'desc')).toEqual(['c', 'a', 'b'])
  expect(names('rate', 'asc')).toEqual(['a', 'b', 'c'])
  expect(names('name', 'asc')).toEqual(['a', 'b', 'c'])
  expect(names('name', 'desc')).toEqual(['c', 'b', 'a'])
  for (const key of ['fault', 'error', 'p50', 'p95', 'p99'] as const) expect(names(key, 'desc')).toEqual(['a', 'b', 'c'])
  expect([firstDir('name'), firstDir('p95')]).toEqual(['asc', 'desc'])
})

it('filters by every word', () => {
  const rows = [row('checkout'), row('cart')]
  expect(filterRows(rows, ' SHOP ecs chec').map((r) => r.name)).toEqual(['checkout'])
  expect(filterRows(rows, '').length).toBe(2)
  expect(filterRows(rows, 'staging')).toEqual([])
  expect(rowKey(rows[0])).not.toBe(rowKey(rows[1]))
})

it('calls a change worse only where it is felt', () => {
  expect(changeOf(130, 100, 'worse')?.tone).toBe('worse')
  expect(changeOf(70, 100, 'worse')?.tone).toBe('better')
  expect(changeOf(110, 100, 'worse')?.tone).toBe('same')
  expect(changeOf(1300, 100, 'neutral')?.tone).toBe('same')
  expect(changeOf(3, 1, 'worse', 5)?.tone).toBe('same')
  expect(changeOf(3, 0, 'worse')).toBeNull()
  expect(changeOf(3, undefined, 'worse')).toBeNull()
})

it('shortens types', () => {
  const f = (type: string, want: string) => expect(typeLabel(type)).toBe(want)
  f('AWS::ECS::Container', 'ECS')
  f('Database::PostgreSQL', 'PostgreSQL')
  f('service', '')
  f('remote', 'remote')
})

it('groups a list, its nameless last, and sums what the groups do', () => {
  const rows = [row('a', { rate: 3 }), { ...row('b'), namespace: '' }, row('c', { rate: 1, fault: 15, ok: 80 })]
  const items = groupRows(rows, 'namespace')
  expect(items.map((i) => (i.kind === 'group' ? `[${i.name} ${i.count} ${i.rate} ${i.failed}]` : i.row.name))).toEqual(['[shop 2 4 0.15]', 'a', 'c', '[ 1 1 0.1]', 'b'])
  expect(groupRows(rows, undefined).map((i) => i.kind)).toEqual(['row', 'row', 'row'])
  expect(groupRows([{ ...row('a'), ...{ team: 'pay' } }], 'team')[0]).toMatchObject({ name: 'pay' })
})

it('sorts by the last deployment, those without one last', () => {
  const rows = [row('a'), { ...row('b'), deployed: { version: '2', at: '2026-11-22T10:00:00Z' } }, { ...row('c'), deployed: { version: '3', at: '2026-11-22T11:00:00Z' } }]
  expect(sortRows(rows, 'deployed', 'desc').map((r) => r.name)).toEqual(['c', 'b', 'a'])
})

it('sorts by the least satisfied first, and last by who had no requests', () => {
  const scored = (name: string, score: number | null) => ({ ...row(name), apdex: score === null ? null : { score, threshold_ns: 5e8 } })
  expect(firstDir('apdex')).toBe('asc')
  expect(sortRows([scored('a', 0.9), scored('b', null), scored('c', 0.4)], 'apdex', 'asc').map((r) => r.name)).toEqual(['c', 'a', 'b'])
})
