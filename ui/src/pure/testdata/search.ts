// Generated answers of the search for tests in the browser: seeded, so every run draws the same picture.
import type { Comparison, Facets, Heatmap, SpanPage, SpanRow, TracePage, TraceSummary } from '../../api/types'
import { seeded } from './trace'

const SERVICES = ['web', 'checkout', 'catalog', 'payments', 'receipts', 'mailer']
const NAMES = ['GET /', 'POST /checkout', 'GET /products/{id}', 'POST /pay', 'process orders', 'send mail']
export const START = Date.UTC(2026, 10, 22, 13)
const HOUR = 3_600_000

const hex = (n: number, width: number) => n.toString(16).padStart(width, '0')
const at = (ms: number) => new Date(ms).toISOString()
const tail = { complete: true, reason: '' as const, searched_from: at(START), elapsed_ms: 12, rows_read: 40_000, query: '' }

function classOf(random: () => number): SpanRow['class'] {
  const r = random()
  return r > 0.97 ? 'fault' : r > 0.95 ? 'error' : r > 0.94 ? 'throttle' : 'ok'
}

/** Newest first, over the hour after START. */
export function makeSpans(n: number, columns: readonly string[] = []): SpanPage {
  const random = seeded(5)
  const spans: SpanRow[] = Array.from({ length: n }, (_, i) => {
    const k = Math.floor(random() * SERVICES.length)
    return {
      trace_id: hex(i + 1, 32), span_id: hex(i + 1, 16), start: at(START + HOUR - Math.floor((i * HOUR) / n)), duration_ns: Math.round(1e6 * 10 ** (random() * 3)), service: SERVICES[k], name: NAMES[k],
      kind: 'server', class: classOf(random), peer: null, in_progress: false,
      values: columns.map((key, c) => (c % 2 === 0 ? { key, type: 'string', value: `/route/${k}` } : random() < 0.3 ? null : { key, type: 'int', value: String(200 + k) })),
    }
  })
  return { ...tail, spans, columns: [...columns], next_cursor: null }
}

export function makeTraces(n: number, cursor: string | null = null): TracePage {
  const traces: TraceSummary[] = makeSpans(n).spans.map((s, i) => ({
    trace_id: s.trace_id, start: s.start, duration_ns: s.duration_ns, root: { service: s.service, name: s.name }, spans: 3 + (i % 40), errors: s.class === 'ok' ? 0 : 1 + (i % 3), class: s.class,
    services: SERVICES.slice(0, 1 + (i % 5)).map((name, k) => ({ name, spans: 1 + k, errors: s.class !== 'ok' && k === 0 ? 1 : 0 })), in_progress: false,
    matched: { span_id: s.span_id, service: s.service, name: s.name, duration_ns: s.duration_ns, class: s.class, start: s.start },
  }))
  return { ...tail, traces, next_cursor: cursor }
}

/** Counts in 120 columns and four decades of durations. */
export function makeHeatmap(spans: number): Heatmap {
  const random = seeded(9)
  const rows = Array.from({ length: 24 }, (_, r): [number, number] => [Math.round(1e6 * 10 ** (r / 8)), Math.round(1e6 * 10 ** ((r + 1) / 8))])
  const counts = new Map<number, [number, number]>()
  for (let i = 0; i < spans; i++) {
    const row = Math.min(23, Math.floor(6 + (random() + random() + random()) * 4 + (random() < 0.06 ? 8 : 0)))
    const key = Math.floor(random() * 120) * 100 + row
    const cell = counts.get(key) ?? [0, 0]
    cell[0]++
    if (random() < (row > 16 ? 0.5 : 0.01)) cell[1]++
    counts.set(key, cell)
  }
  const cells = [...counts].map(([key, [n, bad]]): [number, number, number, number] => [Math.floor(key / 100), key % 100, n, bad])
  return { ...tail, start: at(START), step_ns: 30e9, columns: 120, rows, cells, spans }
}

export function makeFacets(keys: readonly string[]): Facets {
  const of = (key: string, names: readonly string[]) => ({ key, values: names.map((value, i) => ({ value, filter: `${key} = ${/[ /]/.test(value) ? `"${value}"` : value}`, spans: 900 - 140 * i, bad: i === 1 ? 60 : 0 })), distinct: names.length + (key === 'name' ? 4 : 0), missing: key === 'customer.tier' ? 300 : 0 })
  const values: Record<string, readonly string[]> = { class: ['ok', 'fault', 'error'], service: SERVICES, name: NAMES }
  return { ...tail, facets: keys.map((key) => of(key, values[key] ?? ['gold', 'silver', 'free'])), spans: 3000, exact: true, total: 3000 }
}

export function makeComparison(): Comparison {
  const pair = (key: string, a: number, b: number, unique = false) => ({
    key, kind: 'category' as const, score: Math.abs(a - b), selection_coverage: 1, baseline_coverage: key === 'customer.tier' ? 0.8 : 1, unique,
    values: [{ label: 'gold', filter: `${key} = gold`, selection: a, baseline: b }, { label: 'free', filter: `${key} = free`, selection: 1 - a, baseline: 1 - b }],
  })
  const range = { key: 'cart.items', kind: 'number' as const, score: 0.34, selection_coverage: 1, baseline_coverage: 1, unique: false, values: [1, 10, 20].map((n) => ({ label: `${n} – ${n + 10}`, filter: `cart.items >= ${n} and cart.items < ${n + 10}`, selection: n / 40, baseline: 0.3 })) }
  return { ...tail, selection: { spans: 120, sampled: false }, baseline: { spans: 20_000, sampled: true }, attributes: [pair('customer.tier', 0.92, 0.12), pair('http.route', 0.6, 0.2), range, pair('request.id', 0.9, 0.1, true), ...Array.from({ length: 22 }, (_, i) => pair(`k8s.label.${i}`, 0.3, 0.3 - i / 200))] }
}
