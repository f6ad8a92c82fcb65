/** Whether everything that is sent is stored, in words, and the figures that show it. */
import type { Storage } from '../api/storage'
import type { Ingest, Status } from '../api/types'
import { formatBytes, formatCount, formatDuration, plural } from './format'
import { balanceOf } from './health'
import { type EpochMs, epochMsOfRFC3339 } from './units'

export type Tone = 'ok' | 'warn' | 'bad' | 'quiet'

/** One thing to know, and what to do about it. */
export type Finding = { tone: Tone; title: string; next: string }

/** What was refused longer ago than this is history. */
const LATELY_MS = 10 * 60_000
const LAG_MS = 30_000
const SOON_FULL_DAYS = 7
const SIGNALS = ['traces', 'logs', 'metrics'] as const

/** Everything that deserves attention, worst first; the first is the page's title. Never empty. */
export function findingsOf(status: Status, storage: Storage | undefined): Finding[] {
  const now = epochMsOfRFC3339(status.now)
  const out: Finding[] = []
  const add = (tone: Tone, title: string, next: string) => out.push({ tone, title, next })
  const { engine, journal } = status
  if (journal.full) add('bad', 'Senders are turned away: the journal is full', 'They try again by themselves. Find out why storing does not follow: see the engine below, free space on the disk, or raise ingest.journal_max.')
  if (engine.state === 'failed') add('bad', 'Nothing is being stored: the storage engine does not start', `${engine.error === '' ? 'Its log says why' : sentence(engine.error)} What arrives is kept in the journal meanwhile.`)
  else if (engine.state !== 'ready') add('warn', `The storage engine is ${engine.state}`, 'What arrives is on disk in the journal, and is stored as soon as the engine answers.')
  if (journal.quarantined.length > 0) add('bad', 'A part of the journal is damaged', `${journal.quarantined.join(', ')} ${journal.quarantined.length === 1 ? 'was' : 'were'} put aside in the journal's folder. What they held is lost unless they can be repaired.`)
  const dead = sum(status, (i) => i.dead_letter)
  if (dead > 0) add('bad', `${plural(dead, 'item')} that ${dead === 1 ? 'was' : 'were'} acknowledged can't be stored`, `They are kept whole, with the reason, in ${storage?.dead_letters?.file ?? 'dead_letters.jsonl in the data folder'}.`)
  if (engine.state === 'ready' && status.lag_ms > LAG_MS) add('warn', `Storing is ${formatDuration(status.lag_ms * 1e6)} behind`, 'Nothing is lost: it waits in the journal. If this goes on, the machine is too small for what is sent.')
  const refused = latelyRefused(status, now)
  if (refused > 0) add('warn', 'Not everything that is sent is stored', 'Something was refused in the last 10 minutes; below it says what, why, and what to do.')
  const disk = storage?.disk ?? null
  const days = disk?.full_in_days ?? null
  if (disk !== null && days !== null && days < SOON_FULL_DAYS) {
    add(days < 2 ? 'bad' : 'warn', `The disk will be full ${days < 1 ? 'within a day' : `in about ${plural(Math.round(days), 'day')}`}`, `${formatBytes(disk.free_bytes)} are free. Keep data for a shorter time in Settings, Retention, or give it a larger disk.`)
  }
  for (const signal of storage?.dropping.held ?? []) add('warn', `Dropping old ${signal} waits for you`, 'By the clock most of it is suddenly too old, and the clock may be wrong. Settings, Retention lets it go.')
  for (const warning of status.warnings.filter((w) => !told(w))) add('warn', 'Something wants attention', warning)
  out.sort((a, b) => rank(a.tone) - rank(b.tone))
  if (out.length > 0) return out
  return [calm(status, now)]
}

const rank = (tone: Tone): number => ['bad', 'warn', 'quiet', 'ok'].indexOf(tone)

/** Warnings of the server that a finding has said already. */
const told = (warning: string): boolean => /^(The journal is full|Damaged journal|Retention would drop)/.test(warning)

function calm(status: Status, now: EpochMs): Finding {
  const received = sum(status, (i) => i.received)
  if (received === 0) return { tone: 'quiet', title: 'Nothing was sent yet', next: 'Get started says how to send the first trace.' }
  const last = Math.max(0, ...status.arrivals.map((a) => epochMsOfRFC3339(a.last)))
  const waiting = sum(status, (i) => i.in_journal)
  const where = waiting > 0 ? 'What came in the last moment is in the journal, on disk.' : 'Nothing waits.'
  if (last === 0 || now - last > 5 * 60_000) return { tone: 'ok', title: 'Everything that was sent is stored', next: `Nothing has arrived ${last === 0 ? 'since the start' : `for ${formatDuration((now - last) * 1e6)}`}.` }
  return { tone: 'ok', title: 'Everything that is sent is stored', next: where }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : text + '.')

function sum(status: Status, of: (ingest: Ingest) => number): number {
  return Object.values(status.ingest).reduce((a, i) => a + of(i), 0)
}

/** How many kinds of refusal were seen lately; that a sender is asked to come back is none of them. */
function latelyRefused(status: Status, now: EpochMs): number {
  const again = new Set(['backpressure', 'rate_limited', 'aborted'])
  return Object.entries(status.refused_examples).filter(([reason, examples]) => !again.has(reason) && examples.some((e) => now - epochMsOfRFC3339(e.time) < LATELY_MS)).length
}

/** The counters at a moment; two of them make rates. */
export type Sample = { at: EpochMs; started: string; signals: Record<string, { received: number; stored: number }> }

const KEPT_MS = 60_000

/** Keeps a minute of samples; a restart of the server begins anew. */
export function addSample(samples: readonly Sample[], status: Status): readonly Sample[] {
  const at = epochMsOfRFC3339(status.now)
  const last = samples.at(-1)
  if (last?.at === at) return samples
  const signals = Object.fromEntries(Object.entries(status.ingest).map(([name, i]) => [name, { received: i.received, stored: i.stored }]))
  const sample = { at, started: status.started, signals }
  return last === undefined || last.started !== status.started || last.at > at ? [sample] : [...samples.filter((s) => at - s.at <= KEPT_MS), sample]
}

/** Per second over the samples; null while there is one only. */
export function rateOf(samples: readonly Sample[], figure: 'received' | 'stored', signal?: string): number | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || first.at >= last.at) return null
  const total = (s: Sample) => Object.entries(s.signals).reduce((a, [name, v]) => (signal === undefined || name === signal ? a + v[figure] : a), 0)
  return Math.max(0, total(last) - total(first)) / ((last.at - first.at) / 1000)
}

export type Flow = { sent: number; refusedRequests: number; acknowledged: number; rejected: number; dropped: number; deduplicated: number; waiting: number; lagMs: number; stored: number; dead: number }

/** All signals together, in items; requests that were refused have none. */
export function flowOf(status: Status): Flow {
  const rejected = Object.values(status.ingest).reduce((a, i) => a + balanceOf(i).rejected, 0)
  const received = sum(status, (i) => i.received)
  return {
    sent: received,
    refusedRequests: Object.values(status.refused).reduce((a, b) => a + b, 0),
    acknowledged: received - rejected,
    rejected,
    dropped: Object.values(status.ingest).reduce((a, i) => a + balanceOf(i).dropped, 0),
    deduplicated: sum(status, (i) => i.deduplicated),
    waiting: sum(status, (i) => i.in_journal),
    lagMs: status.lag_ms,
    stored: sum(status, (i) => i.stored),
    dead: sum(status, (i) => i.dead_letter),
  }
}

export type SignalRow = { signal: string; label: string; ingest: Ingest; rejected: number; dropped: number; rate: number | null }

const LABELS: Record<string, string> = { traces: 'Traces', logs: 'Logs', metrics: 'Metrics', rollups: 'Figures by minute', shared: 'Resources and the rest' }
export const signalLabel = (signal: string): string => LABELS[signal] ?? signal

export const ITEM_NAMES: Record<string, string> = { traces: 'span', logs: 'log record', metrics: 'data point' }

/** The three signals in their order, and whatever else a later server has. */
export function signalRows(status: Status, samples: readonly Sample[]): SignalRow[] {
  const names = [...SIGNALS.filter((s) => s in status.ingest), ...Object.keys(status.ingest).filter((s) => !SIGNALS.some((k) => k === s))]
  return names.flatMap((signal) => {
    const ingest = status.ingest[signal]
    return ingest === undefined ? [] : [{ signal, label: signalLabel(signal), ingest, ...balanceOf(ingest), rate: rateOf(samples, 'received', signal) }]
  })
}

/** What the reasons of sightline.sanitized mean, in words. */
const SANITIZED: Record<string, string> = {
  utf8: 'text that was no UTF-8', attr_truncated: 'values cut at their limit', body_truncated: 'bodies cut at their limit', limit_attrs: 'more attributes than are kept',
  limit_events: 'more events than are kept', limit_links: 'more links than are kept', dup_key: 'a key twice', ts_missing: 'no time of their own', ts_range: 'an impossible time',
  ts_future: 'a clock ahead of this one', negative_duration: 'an end before the start', enum: 'a kind or status that is not known', self_parent: 'their own parent', start_time: 'a start after the point',
}

/** What was changed before it was stored, over all signals, as sentences; none where nothing was. */
export function changesOf(status: Status): string[] {
  let redacted = 0
  const reasons = new Map<string, number>()
  for (const i of Object.values(status.ingest)) {
    redacted += i.redacted
    for (const [reason, n] of Object.entries(i.sanitized)) reasons.set(reason, (reasons.get(reason) ?? 0) + n)
  }
  const list: string[] = []
  if (redacted > 0) list.push(redacted === 1 ? '1 secret was masked before it was stored.' : `${formatCount(redacted)} secrets were masked before they were stored.`)
  const mended = [...reasons].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
  if (mended.length > 0) list.push(`Stored with a note on them: ${mended.map(([reason, n]) => `${formatCount(n)} with ${SANITIZED[reason] ?? reason}`).join(', ')}.`)
  return list
}

const PROTOCOLS: Record<string, string> = {
  'otlp/grpc': 'OTLP over gRPC', 'otlp/http': 'OTLP over HTTP', zipkin: 'Zipkin', jaeger: 'Jaeger', prometheus: 'Prometheus scrape', remote_write: 'Prometheus remote write', xray: 'AWS X-Ray', rules: 'Rules', collector: 'Your own pipeline',
}
export const protocolLabel = (protocol: string): string => PROTOCOLS[protocol] ?? protocol

/** Services of the last hour, those with the most first, the rest summed up. */
export function serviceRows(storage: Storage, most: number): { rows: { service: string; items: Record<string, number>; total: number }[]; more: number; top: number } {
  const rows = storage.services.map((s) => ({ ...s, total: Object.values(s.items).reduce((a, b) => a + b, 0) }))
  return { rows: rows.slice(0, most), more: Math.max(0, rows.length - most), top: rows[0]?.total ?? 0 }
}
