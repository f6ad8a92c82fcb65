import { describe, expect, it } from 'vitest'
import statusGolden from '../../../query/traceapi/testdata/status.golden.json'
import storageGolden from '../../../query/traceapi/testdata/storage.golden.json'
import type { Storage } from '../api/storage'
import type { Status } from '../api/types'
import { addSample, findingsOf, changesOf, flowOf, rateOf, type Sample, serviceRows, signalRows } from './status'

// The goldens are the server's own answers; contract.test.ts holds them to these types.
const base = { ...(statusGolden as unknown as Status), refused_examples: {} }
const calmStorage: Storage = { ...(storageGolden as unknown as Storage), disk: null }
const later = (seconds: number) => new Date(Date.parse(base.now) + seconds * 1000).toISOString()
const traces = base.ingest['traces']

describe('what the page says first', () => {
  const first = (status: Status, storage: Storage | undefined = calmStorage) => findingsOf(status, storage)[0]

  it('is that all is stored', () => {
    expect(first(base)).toMatchObject({ tone: 'ok', title: 'Everything that is sent is stored' })
    expect(first({ ...base, arrivals: [] })).toMatchObject({ tone: 'ok', title: 'Everything that was sent is stored', next: 'Nothing has arrived since the start.' })
    expect(first({ ...base, now: later(3600) }).next).toContain('1h')
  })

  it('is how to begin', () => {
    expect(first({ ...base, ingest: {}, arrivals: [] })).toMatchObject({ tone: 'quiet', title: 'Nothing was sent yet' })
  })

  it('is the worst of what is wrong', () => {
    const engine = (state: string) => ({ ...base.engine, state, error: 'no library' })
    expect(first({ ...base, engine: engine('failed'), lag_ms: 99_000 })).toMatchObject({ tone: 'bad', title: 'Nothing is being stored: the storage engine does not start' })
    expect(first({ ...base, engine: engine('restarting') }).tone).toBe('warn')
    expect(first({ ...base, lag_ms: 95_000 }).title).toContain('behind')
    expect(first({ ...base, journal: { ...base.journal, full: true } }).title).toContain('turned away')
    expect(first({ ...base, journal: { ...base.journal, quarantined: ['00000001'] } }).next).toContain('00000001 was put aside')
    expect(first({ ...base, ingest: { traces: { ...traces, dead_letter: 3 } } }).title).toBe("3 items that were acknowledged can't be stored")
    expect(first({ ...base, warnings: ['The journal is full: …', 'Look here.'] })).toMatchObject({ tone: 'warn', next: 'Look here.' })
    expect(findingsOf({ ...base, warnings: ['The journal is full: …'] }, calmStorage)[0].tone).toBe('ok')
  })

  it('is that something was refused, for ten minutes, unless the sender comes back by itself', () => {
    const example = (reason: string) => ({ [reason]: [{ time: base.now, signal: 'traces', protocol: 'zipkin', peer: '', message: '' }] })
    expect(first({ ...base, refused_examples: example('auth') }).title).toBe('Not everything that is sent is stored')
    expect(first({ ...base, refused_examples: example('auth'), now: later(601) }).tone).toBe('ok')
    expect(first({ ...base, refused_examples: example('backpressure') }).tone).toBe('ok')
  })

  it('is when the disk will be full', () => {
    const disk = (full_in_days: number | null) => ({ ...calmStorage, disk: { free_bytes: 1 << 30, total_bytes: 1 << 31, reserve_bytes: 0, full_in_days } })
    expect(first(base, disk(null)).tone).toBe('ok')
    expect(first(base, disk(41)).tone).toBe('ok')
    expect(first(base, disk(5.4))).toMatchObject({ tone: 'warn', title: 'The disk will be full in about 5 days' })
    expect(first(base, disk(0.2))).toMatchObject({ tone: 'bad', title: 'The disk will be full within a day' })
  })

  it('is that dropping waits', () => {
    expect(first(base, { ...calmStorage, dropping: { ...calmStorage.dropping, held: ['logs'] } }).title).toBe('Dropping old logs waits for you')
  })
})

describe('rates', () => {
  const at = (seconds: number, received: number): Status => ({ ...base, now: later(seconds), ingest: { traces: { ...traces, received, stored: received } } })
  const run = (...statuses: Status[]): readonly Sample[] => statuses.reduce<readonly Sample[]>(addSample, [])

  it('need two looks', () => {
    expect(rateOf(run(at(0, 100)), 'received')).toBeNull()
    expect(rateOf(run(at(0, 100), at(0, 100)), 'received')).toBeNull()
    expect(rateOf(run(at(0, 100), at(5, 150)), 'received')).toBe(10)
    expect(rateOf(run(at(0, 100), at(5, 150)), 'stored', 'logs')).toBe(0)
  })

  it('are of the last minute', () => {
    expect(rateOf(run(at(0, 0), at(30, 9000), at(90, 9600)), 'received')).toBe(10)
  })

  it('begin anew with the server', () => {
    expect(run(at(0, 100), { ...at(5, 3), started: later(4) })).toHaveLength(1)
  })
})

it('the flow adds up', () => {
  const flow = flowOf(base)
  expect(flow).toMatchObject({ sent: 9042, rejected: 3, dropped: 30, acknowledged: 9039, waiting: 4, stored: 9000, deduplicated: 5, refusedRequests: 4 })
  expect(flow.acknowledged).toBe(flow.waiting + flow.stored + flow.dropped + flow.deduplicated + flow.dead)
})

it('signals have an order, and unknown ones a place', () => {
  expect(signalRows({ ...base, ingest: { profiles: traces, metrics: traces, traces } }, []).map((r) => r.label)).toEqual(['Traces', 'Metrics', 'profiles'])
})

it('services are cut with a count', () => {
  expect(serviceRows(calmStorage, 1)).toMatchObject({ rows: [{ service: 'web', total: 81_000 }], more: 1, top: 81_000 })
})

it('what was changed before it was stored is said in words', () => {
  expect(changesOf(base)).toEqual([])
  const traces = { ...base.ingest['traces'], redacted: 1, sanitized: { utf8: 2, odd: 1 } }
  expect(changesOf({ ...base, ingest: { traces, logs: { ...traces, redacted: 0, sanitized: { utf8: 1, dup_key: 9 } } } })).toEqual([
    '1 secret was masked before it was stored.',
    'Stored with a note on them: 9 with a key twice, 3 with text that was no UTF-8, 1 with odd.',
  ])
})
