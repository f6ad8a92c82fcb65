import { expect, it } from 'vitest'
import type { Operation, Stats } from '../api/types'
import { entriesOf } from './entries'

const stats: Stats = { requests: 1, ok: 1, error: 0, throttle: 0, fault: 0, rate: 1, avg_ns: 1, p50_ns: 1, p95_ns: 1, p99_ns: 1, histogram: [] }
const operations = (...kinds: string[]): Operation[] => kinds.map((kind) => ({ name: 'a', kind, stats, apdex: null }))

it('asks for what came in, by the kinds that come in', () => {
  expect(entriesOf({ name: 'web', operations: operations('server', 'client') })).toBe('service = web and kind = server')
  expect(entriesOf({ name: 'web', operations: operations('consumer', 'server') })).toBe('service = web and (kind = server or kind = consumer)')
  expect(entriesOf({ name: 'a job', operations: operations('internal') })).toBe('service = "a job"')
})
