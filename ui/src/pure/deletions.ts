/** What the page says of deletions. */
import type { Deletion, DeletionState } from '../api/deletions'
import { formatCount, plural } from './format'

export const STATE_LABEL: Record<DeletionState, string> = {
  waiting: 'Waiting',
  deleting: 'Deleting',
  cleaning: 'Gone from queries',
  done: 'Gone from disk',
}

/** "3 traces, 41 spans and 7 log records", with "more than" where not all was counted. */
export function amountOf(d: Pick<Deletion, 'traces' | 'spans' | 'logs' | 'more'>): string {
  const parts = [d.traces > 0 ? plural(d.traces, 'trace') : '', d.spans > 0 ? `${formatCount(d.spans)} ${d.spans === 1 ? 'span' : 'spans'}` : '', d.logs > 0 ? plural(d.logs, 'log record') : ''].filter((p) => p !== '')
  if (parts.length === 0) return 'nothing'
  const text = parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
  return d.more ? `more than ${text}` : text
}
