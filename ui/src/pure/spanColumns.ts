/** The columns of the span list: attributes that the reader chose, and some of the span's own fields. */
import type { Completion, SpanRow } from '../api/types'

/** The server gives at most this many attributes a span. */
export const MOST_COLUMNS = 20

/** Fields that every row has, so that they are never asked for. */
const OWN: Record<string, (s: SpanRow) => string> = {
  kind: (s) => s.kind,
  class: (s) => s.class,
  peer: (s) => s.peer?.name ?? '',
  'peer.type': (s) => s.peer?.type ?? '',
  trace_id: (s) => s.trace_id,
  span_id: (s) => s.span_id,
}

/** Keys of the filter that are no column: they stand in every row anyway, or are no single value. */
const ALWAYS = new Set(['service', 'name', 'duration', 'root', 'event.name', 'link.trace_id'])

/** What the server is asked for. */
export function askedOf(columns: readonly string[]): string[] {
  return columns.filter((c) => OWN[c] === undefined)
}

/** What stands in a column of a row; null where the span has no such attribute. `asked` are the columns of the answer. */
export function cellOf(span: SpanRow, column: string, asked: readonly string[]): string | null {
  if (OWN[column] !== undefined) return OWN[column](span) || null
  return span.values[asked.indexOf(column)]?.value ?? null
}

export function addColumn(columns: readonly string[], key: string): string[] {
  const k = key.trim()
  return k === '' || columns.includes(k) || ALWAYS.has(k) || columns.length >= MOST_COLUMNS ? [...columns] : [...columns, k]
}

export function removeColumn(columns: readonly string[], key: string): string[] {
  return columns.filter((c) => c !== key)
}

/** One place to the left (-1) or to the right (1). */
export function moveColumn(columns: readonly string[], key: string, by: -1 | 1): string[] {
  const from = columns.indexOf(key)
  const to = from + by
  if (from < 0 || to < 0 || to >= columns.length) return [...columns]
  const out = [...columns]
  ;[out[from], out[to]] = [out[to], out[from]]
  return out
}

/** Keys to offer: what completion knows, is not there yet, and has what was typed; completion may be of an earlier text. */
export function offeredKeys(items: readonly Completion[], taken: readonly string[], typed: string): string[] {
  const t = typed.trim().toLowerCase()
  return items.filter((i) => i.kind === 'key' && !taken.includes(i.text) && !ALWAYS.has(i.text) && i.text.toLowerCase().includes(t)).map((i) => i.text)
}

/** The widths of a row's columns: mark, span, what was chosen, duration, start. */
export function templateOf(columns: readonly string[]): string {
  return `15px minmax(180px, 1.4fr) ${columns.map((c) => (c === 'trace_id' ? '250px ' : 'minmax(112px, 0.7fr) ')).join('')}132px 104px`
}

/** The least width of a row, in px; beyond it the list scrolls to the side. */
export function leastWidth(columns: readonly string[]): number {
  return 15 + 180 + 132 + 104 + 16 * (columns.length + 5) + columns.reduce((n, c) => n + (c === 'trace_id' ? 250 : 112), 0)
}

/** As many of a key's last parts as a head has room for; the whole one is in its tooltip. */
export function shortKey(key: string): string {
  const dot = key.indexOf('.')
  return key.length <= 16 || dot < 0 ? key : shortKey(key.slice(dot + 1))
}
