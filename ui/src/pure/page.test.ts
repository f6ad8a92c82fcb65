import { describe, expect, it } from 'vitest'
import type { MapEdge, Status, TraceSummary } from '../api/types'
import { fitChips } from './chips'
import { crumbsOf } from './crumbs'
import { balanceOf, healthOf, homeOf } from './health'
import { arrival, hintOf } from './hint'
import { nameOfId, neighboursOf, nodeIdOf } from './neighbours'
import { ApiError, headline, problemOf, shouldRetry } from './problem'
import { addNanos, epochMsOfNanos, epochMsOfRFC3339 } from './units'

const trace = (services: TraceSummary['services'], name: string | null, cls: TraceSummary['class']): TraceSummary => ({
  trace_id: '1', start: '2026-05-04T09:30:00.123456789Z', duration_ns: 170_000_000, root: name === null ? null : { service: 'web', name }, spans: 8, errors: 0, class: cls, services, in_progress: false,
  matched: { span_id: '1', service: 'web', name: 'n', duration_ns: 1, class: 'ok', start: '' },
})
const s = (name: string, spans = 1, errors = 0) => ({ name, spans, errors })

it('shows the services that fit, failing ones first', () => {
  const services = [s('checkout', 9), s('web', 2, 1), s('cart', 3)]
  expect(fitChips(services, 1000).shown.map((c) => c.name)).toEqual(['web', 'checkout', 'cart'])
  const tight = fitChips(services, 100)
  expect([tight.shown.length, tight.rest.length]).toEqual([1, 2])
  expect(fitChips(services, 0).shown.length).toBe(1)
  expect(fitChips([], 100)).toEqual({ shown: [], rest: [] })
})

it('bounds a trace in time with a margin', () => {
  const { start, end } = hintOf(trace([], null, 'ok'))
  const at = Date.UTC(2026, 4, 4, 9, 30, 0, 123)
  expect([Number(start), Number(end)]).toEqual([at - 60_000, at + 170 + 60_000])
})

it('calls a root missing only once it is late', () => {
  const at = Date.UTC(2026, 4, 4, 9, 30)
  expect(arrival(trace([], null, 'ok'), at + 5000)).toBe('arriving')
  expect(arrival(trace([], null, 'ok'), at + 600_000)).toBe('no root')
  expect(arrival(trace([], 'GET /', 'ok'), at + 5000)).toBe('')
  expect(arrival({ ...trace([], 'GET /', 'ok'), in_progress: true }, at + 600_000)).toBe('arriving')
})

it('reads times without losing milliseconds', () => {
  expect(epochMsOfRFC3339('2026-05-04T09:30:00.123456789Z')).toBe(Date.UTC(2026, 4, 4, 9, 30, 0, 123))
  expect(epochMsOfRFC3339('2026-05-04T09:30:00Z')).toBe(Date.UTC(2026, 4, 4, 9, 30))
  expect(epochMsOfRFC3339('x')).toBeNaN()
  expect(epochMsOfNanos('1795300000123456789')).toBeCloseTo(1795300000123.4568, 3)
  expect(epochMsOfNanos('1500')).toBe(0.0015)
  expect(addNanos('1795300000123456789', 1)).toBe('1795300000123456790')
})

it('leads back up', () => {
  expect(crumbsOf({ route: '/services/$name', name: 'web' })).toEqual([{ label: 'Services', to: '/services' }, { label: 'web' }])
  expect(crumbsOf({ route: '/trace/$traceId', traceId: '6637a1b0c4d5' })[1].label).toBe('6637a1b0')
  expect(crumbsOf({ route: '__root__' })[0].label).toBe('Sightline')
  for (const route of ['/map', '/traces', '/services', '/alerts', '/start', '/settings', '/status']) expect(crumbsOf({ route })).toHaveLength(1)
})

describe('the health of an instance', () => {
  const well: Status = {
    version: '', started: '', now: '', endpoints: { http: '', otlp_grpc: '', otlp_http: '' }, has_data: true, auth: { required: false, user: '' },
    engine: { state: 'ready', version: '', restarts: 0, error: '' }, ingest: { traces: { received: 13, stored: 5, rejected: { a: 1, b: 1 }, dropped_by_pipeline: { filter: 3 }, deduplicated: 1, in_journal: 2, dead_letter: 0, undecodable: 3, redacted: 0, sanitized: {} } },
    refused: {}, refused_examples: {}, arrivals: [], lag_ms: 1, journal: { bytes: 1, max_bytes: 10, segments: 1, oldest: null, full: false, quarantined: [] }, loader: { state: 'idle', batches: 0, error: '', error_at: null }, storage: { spans_rows: 1, bytes: 1 }, retention: { traces_days: 7, logs_days: 7, metrics_days: 30, rollups_days: 90 }, warnings: [],
  }
  it('is well until something says otherwise', () => {
    expect(healthOf(undefined)).toBe('ok')
    expect(healthOf(well)).toBe('ok')
    expect(healthOf({ ...well, lag_ms: 60_000 })).toBe('warn')
    expect(healthOf({ ...well, warnings: ['x'] })).toBe('warn')
    expect(healthOf({ ...well, engine: { ...well.engine, state: 'restarting' } })).toBe('warn')
    expect(healthOf({ ...well, engine: { ...well.engine, state: 'failed' } })).toBe('bad')
    expect(healthOf({ ...well, journal: { ...well.journal, bytes: 9.5 } })).toBe('bad')
    expect(healthOf({ ...well, ingest: { traces: { ...well.ingest.traces, dead_letter: 1 } } })).toBe('warn')
  })
  it('accounts for every span', () => {
    expect(balanceOf(well.ingest.traces)).toEqual({ rejected: 2, dropped: 3, missing: 0 })
    expect(balanceOf({ ...well.ingest.traces, stored: 4 }).missing).toBe(1)
  })
  it('begins where there is something to see', () => {
    const none = { ...well, ingest: {}, storage: { spans_rows: 0, bytes: 0 } }
    expect([homeOf(null), homeOf(well), homeOf({ ...none, has_data: false }), homeOf(none)]).toEqual(['/map', '/map', '/start', '/status'])
  })
})

it('finds neighbours by the map, or by the id until it is there', () => {
  const stats = { requests: 1, ok: 1, error: 0, throttle: 0, fault: 0, rate: 1, avg_ns: 1, p50_ns: 1, p95_ns: 1, p99_ns: 1, histogram: [] }
  const edge = (source: string, target: string, requests: number): MapEdge => ({ id: source + target, source, target, async: false, stats: { ...stats, requests }, server: null, server_classed: true, event_age: null })
  const edges = [edge('me', 'b', 1), edge('me', 'a', 9)]
  expect(neighboursOf(edges, 'target', []).map((n) => [n.id, n.node])).toEqual([['a', null], ['b', null]])
  expect(nodeIdOf({ upstream: [], downstream: edges })).toBe('me')
  expect(nodeIdOf({ upstream: [edge('x', 'me', 1)], downstream: [] })).toBe('me')
  expect(nodeIdOf({ upstream: [], downstream: [] })).toBeNull()
  expect(nameOfId('service/prod/checkout/AWS::ECS::Container')).toBe('checkout')
  expect(nameOfId('x')).toBe('x')
})

describe('problems', () => {
  it('reads the error body of the server', () => {
    const e = problemOf(400, { error: { code: 'bad_query', message: 'm', hint: 'h', position: 17, request_id: 'r' } }, '')
    expect([e.code, e.message, e.hint, e.position, e.requestId]).toEqual(['bad_query', 'm', 'h', 17, 'r'])
    expect(headline(e)).toBe('This cannot be read')
  })
  it('makes do with a bare status', () => {
    for (const body of [null, 'text', 7, {}, { error: null }, { error: { code: 5, position: 'x' } }]) {
      const e = problemOf(500, body, 'id')
      expect([e.code, e.message, e.position, e.requestId]).toEqual(['http_500', 'The server answered 500.', null, 'id'])
      const proxy = problemOf(502, body, 'id') // which has nobody behind it
      expect([proxy.status, proxy.code, proxy.position, proxy.requestId]).toEqual([502, 'unreachable', null, 'id'])
      expect(proxy.message).toContain('502')
    }
  })
  it('tries outages again and refusals not', () => {
    const refusal = new ApiError(404, 'not_found', '', '', '', null)
    const outage = new ApiError(503, 'engine_restarting', '', '', '', null)
    expect([shouldRetry(0, refusal), shouldRetry(0, outage), shouldRetry(2, outage), shouldRetry(0, new Error('x'))]).toEqual([false, true, false, true])
    expect(headline(outage)).toBe('Storage is restarting')
    expect(headline(refusal)).toBe('Not found')
    expect(headline(new Error('x'))).toBe('Something broke on this page')
    expect(headline(new ApiError(0, 'unreachable', '', '', '', null))).toBe('No answer')
    expect(headline(new ApiError(500, 'internal', '', '', '', null))).toBe('The server could not answer')
  })
})
