/** Orders of the result. The server knows those of traces; another order of spans is of the newest it gave, and says so. */
import type { SpanRow } from '../api/types'
import { plural } from './format'

export const SORTS = ['newest', 'duration', 'errors', 'spans'] as const
export type Sort = (typeof SORTS)[number]

export const SORT_LABEL: Record<Sort, string> = { newest: 'Newest first', duration: 'Longest first', errors: 'Most errors first', spans: 'Most spans first' }

/** Spans have no errors and no spans of their own to be sorted by. */
export function sortsOf(view: 'traces' | 'spans'): readonly Sort[] {
  return view === 'traces' ? SORTS : SORTS.slice(0, 2)
}

/** How many of the newest spans are put into another order. */
export const SORTED = 1000

/** How many traces of another order than newest first are shown; it has one page. */
export const RANKED = 200

export function sortSpans(spans: readonly SpanRow[], sort: Sort): readonly SpanRow[] {
  return sort === 'duration' ? [...spans].sort((a, b) => b.duration_ns - a.duration_ns) : spans
}

/** What an order of spans is an order of; empty where it holds for the whole result. */
export function sortNote(sort: Sort, count: number, more: boolean): string {
  if (sort === 'newest' || !more) return ''
  return `${SORT_LABEL[sort]} among the newest ${plural(count, 'span')}; older ones were not looked at.`
}

const RANK: Record<Sort, string> = { newest: '', duration: 'longest traces', errors: 'traces with the most errors', spans: 'traces with the most spans' }

/** Why a list of traces in another order ends where it does; empty where nothing is left out. */
export function rankNote(sort: Sort, count: number): string {
  return sort === 'newest' || count < RANKED ? '' : `The ${count} ${RANK[sort]}; narrow the query or the time to see others.`
}

/** Those of the newest that are not in the list yet. */
export function newerThan<T>(newest: readonly T[], known: readonly T[], id: (item: T) => string): number {
  const have = new Set(known.map(id))
  return newest.filter((n) => !have.has(id(n))).length
}

/** Rows marked for comparing: two at most, the oldest mark gives way. */
export function toggleMark(marks: readonly string[], id: string): string[] {
  return marks.includes(id) ? marks.filter((m) => m !== id) : [...marks, id].slice(-2)
}
