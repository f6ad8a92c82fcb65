import { describe, expect, it } from 'vitest'
import golden from '../../../query/traceapi/testdata/retention.golden.json'
import type { Retention } from '../api/retention'
import { configuredDays, consequences, daysProblem, draftFor, draftOf, draftProblems, dropText, sameSettings, settingsOf, sourceText } from './retention'

// The server's own answer, see contract.test.ts.
const retention = golden as unknown as Retention
const plain = (text: string) => text.replaceAll(/\s/g, ' ')

describe('a draft', () => {
  it('is what is set, and back', () => {
    const draft = draftOf(retention.set)
    expect(draft).toEqual({ signals: { traces: '3' }, services: [{ service: 'web', days: { logs: '14' } }] })
    expect(sameSettings(settingsOf(draft), retention.set)).toBe(true)
  })

  it('has a row for each service that is configured', () => {
    expect(draftFor(retention).services).toEqual([{ service: 'payments', days: {} }, { service: 'web', days: { logs: '14' } }])
    expect(sameSettings(settingsOf(draftFor(retention)), retention.set)).toBe(true)
    expect(configuredDays(retention, 'payments', 'traces')).toBe(30)
    expect(configuredDays(retention, 'web', 'logs')).toBe(0)
  })

  it('leaves out what is empty', () => {
    expect(settingsOf({ signals: { traces: ' ' }, services: [{ service: 'a', days: { traces: '' } }, { service: ' ', days: { traces: '3' } }, { service: ' b ', days: { logs: '0' } }] })).toEqual({ signals: {}, services: { b: { logs: 0 } } })
  })

  it('says what is wrong with it', () => {
    expect(daysProblem('7')).toBeNull()
    expect(daysProblem('')).toBeNull()
    expect(daysProblem('0')).toBe('Give between 1 and 3650 days.')
    expect(daysProblem('0', 0)).toBeNull()
    expect(daysProblem('1.5')).toBe('Give a whole number of days.')
    expect(daysProblem('3651')).not.toBeNull()
    expect(draftProblems({ signals: { logs: 'x' }, services: [{ service: 'a', days: {} }, { service: 'a', days: { traces: '-1' } }, { service: '', days: { logs: '3' } }] })).toHaveLength(4)
  })

  it('compares settings whatever their order', () => {
    expect(sameSettings({ signals: { logs: 1, traces: 2 }, services: {} }, { signals: { traces: 2, logs: 1 }, services: {} })).toBe(true)
    expect(sameSettings({ signals: { logs: 1 }, services: {} }, { signals: {}, services: {} })).toBe(false)
  })
})

it('says where a value comes from', () => {
  expect(sourceText(retention.signals[0], '')).toBe('as configured: 7 days')
  expect(sourceText(retention.signals[1], '9')).toBe('set here, instead of 7 days')
  expect(retention.signals.map((v) => sourceText(v))).toEqual(['set here, instead of 7 days', 'the default', 'from sightline.yaml', 'from SIGHTLINE_RETENTION_ROLLUPS'])
})

describe('consequences', () => {
  const days = (n: number): Retention => ({ ...retention, signals: retention.signals.map((v) => (v.signal === 'traces' ? { ...v, days: n } : v)) })

  it('of a signal', () => {
    expect(consequences(days(7), days(3))).toEqual(['Traces are kept for 3 days instead of 7.'])
    expect(consequences(days(3), days(7))[0]).toContain('keeps the time that it was written for')
    expect(consequences(days(3), days(3))).toEqual([])
  })

  it('of a service', () => {
    const without = { ...retention, services: [] }
    expect(consequences(without, retention)).toEqual([
      'New traces of payments are kept for 30 days.',
      'New logs of web are kept for 14 days.',
      'A service that moves takes nothing along: what is stored stays in the class that it was written in.',
    ])
    expect(consequences(retention, without)[0]).toBe('New traces of payments are kept as long as everything else.')
  })

  it('of what goes at once', () => {
    expect(plain(dropText(retention.drops[0]))).toBe('68 MiB of traces go at once: 1,200,000 spans, 2026-04-27 to 2026-04-30; written for 7 days, kept for 3.')
    expect(plain(dropText({ ...retention.drops[0], signal: 'rollups', rows: 0, class_days: 0, newest: '2026-04-27' }))).toBe('68 MiB of figures by minute go at once: 2026-04-27.')
  })
})
