/** What the page says of deletions. */
import type { Deletion, DeletionState } from '../api/deletions'
import { formatCount, formatMoment, plural } from './format'
import { type EpochMs, epochMsOfRFC3339 } from './units'

export const STATE_LABEL: Record<DeletionState, string> = {
  waiting: 'Waiting',
  deleting: 'Deleting',
  cleaning: 'Gone from queries',
  done: 'Gone from disk',
}

/** The time of a form's field, `2026-11-22T14:03` of the reader's clock, as the server is told; '' where nothing is said; null where that is no time. */
export function moment(field: string): string | null {
  if (field === '') return ''
  const ms = new Date(field).getTime()
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** "from 1 Nov 00:00 until 3 Nov 12:00"; nothing of a deletion that has no bounds: then it begins with the epoch and ends after it was asked for. */
export function rangeOf(d: Pick<Deletion, 'from' | 'to' | 'created'>, now: EpochMs): string {
  const [from, to] = [d.from, d.to].map((t) => (t === null ? Number.NaN : epochMsOfRFC3339(t)))
  const parts = [from > 0 ? `from ${formatMoment(from, now)}` : '', to < epochMsOfRFC3339(d.created) ? `until ${formatMoment(to, now)}` : '']
  return parts.filter((p) => p !== '').join(' ')
}

/** "3 traces, 41 spans and 7 log records", with "more than" where not all was counted. */
export function amountOf(d: Pick<Deletion, 'traces' | 'spans' | 'logs' | 'more'>): string {
  const parts = [d.traces > 0 ? plural(d.traces, 'trace') : '', d.spans > 0 ? `${formatCount(d.spans)} ${d.spans === 1 ? 'span' : 'spans'}` : '', d.logs > 0 ? plural(d.logs, 'log record') : ''].filter((p) => p !== '')
  if (parts.length === 0) return 'nothing'
  const text = parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
  return d.more ? `more than ${text}` : text
}
