/** Facets: what the current result consists of, counted by the server over its spans. */
import type { Class, Facet } from '../api/types'
import { clausesOf, opposite, standOf } from './clause'
import { formatShort, plural } from './format'
import { OUTCOME_LABEL, OUTCOMES } from './outcome'
import { quoteValue } from './query'

/** The server counts at most this many keys at once. */
export const MOST_FACETS = 12

/** What is offered to everybody, by the filter's key. */
const STANDARD = ['class', 'service', 'name', 'status', 'kind', 'http.response.status_code', 'env', 'version'] as const
const OPEN: readonly string[] = ['class', 'service', 'name']

const TITLE: Record<string, string> = {
  class: 'Outcome',
  service: 'Service',
  name: 'Operation',
  status: 'Status set by the span',
  kind: 'Kind',
  'http.response.status_code': 'HTTP status',
  env: 'Environment',
  version: 'Version',
}

export type FacetGroup = { key: string; title: string; open: boolean; pinned: boolean }

/** The groups in order, pinned attributes last. `toggled` are those that are not as they are by default. */
export function groupsOf(pins: readonly string[], toggled: readonly string[]): FacetGroup[] {
  const pinned = pins.filter((p) => TITLE[p] === undefined)
  return [...STANDARD, ...pinned].map((key) => {
    const byDefault = OPEN.includes(key) || pinned.includes(key)
    return { key, title: TITLE[key] ?? key, open: toggled.includes(key) ? !byDefault : byDefault, pinned: pinned.includes(key) }
  })
}

/** The keys to count: those of open groups, as many as the server takes. */
export function keysOf(groups: readonly FacetGroup[]): string[] {
  return groups.filter((g) => g.open).slice(0, MOST_FACETS).map((g) => g.key)
}

/** What the figures were counted over. */
export function countedOver({ spans, exact, total }: { spans: number; exact: boolean; total: number }): string {
  return exact ? `Counted over ${plural(spans, 'span')} that match.` : `Counted over a sample of ${plural(spans, 'span')}, of about ${formatShort(total)} that match.`
}

/** A value of a group, ready to be drawn. */
export type FacetRow = {
  filter: string
  label: string
  /** Null for a value that is asked for but not among those counted. */
  spans: number | null
  bad: number
  /** Of the spans looked at, 0 to 1. */
  share: number
  stand: 'in' | 'out' | null
}

/** The values counted, and before them those that the filter names but the result no longer has. */
export function rowsOf(facet: Pick<Facet, 'key' | 'values'>, q: string, spans: number): FacetRow[] {
  const rows: FacetRow[] = facet.values.map((v) => ({
    filter: v.filter,
    label: labelOf(facet.key, v.value),
    spans: v.spans,
    bad: v.bad,
    share: spans === 0 ? 0 : v.spans / spans,
    stand: standOf(q, v.filter),
  }))
  // Outcomes have an order of their own, best first.
  if (facet.key === 'class') rows.sort((a, b) => orderOf(a.filter) - orderOf(b.filter))
  return [...gone(facet, q, rows), ...rows]
}

function gone(facet: Pick<Facet, 'key' | 'values'>, q: string, rows: readonly FacetRow[]): FacetRow[] {
  return clausesOf(q)
    .filter((c) => c.key === facet.key && (c.op === '=' || c.op === '!='))
    .map((c) => ({ filter: c.op === '=' ? `${c.key} = ${c.raw}` : opposite(c.text), label: labelOf(facet.key, c.value), spans: null, bad: 0, share: 0, stand: c.op === '=' ? ('in' as const) : ('out' as const) }))
    .filter((r) => !rows.some((known) => known.stand !== null && known.label === r.label))
}

function labelOf(key: string, value: string): string {
  const outcome: Class | undefined = key === 'class' ? OUTCOMES.find((o) => o === value) : undefined
  if (outcome !== undefined) return OUTCOME_LABEL[outcome]
  return value === '' ? '(empty)' : value
}

function orderOf(filter: string): number {
  return OUTCOMES.findIndex((o) => filter.endsWith(o))
}

/** The clause that asks for spans without the attribute. */
export function missingClause(key: string): string {
  return `not exists ${key.includes(' ') ? quoteValue(key) : key}`
}
