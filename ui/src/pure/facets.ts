/** Facets are counted over the traces in hand, never asked for: they are there as soon as the result is. */
import type { Class, TraceSummary } from '../api/types'
import { OUTCOME_LABEL, OUTCOMES } from './outcome'

export type FacetValue = { value: string; label: string; count: number }
/** `key` is the filter's key that a value is put under. */
export type Facet = { key: string; title: string; values: FacetValue[] }

export function facetsOf(traces: readonly TraceSummary[]): Facet[] {
  const services = new Map<string, number>()
  const operations = new Map<string, number>()
  const classes = new Map<Class, number>()
  for (const t of traces) {
    for (const s of t.services) add(services, s.name)
    if (t.root !== null) add(operations, t.root.name)
    add(classes, t.class)
  }
  return [
    { key: 'class', title: 'Outcome', values: OUTCOMES.filter((c) => classes.has(c)).map((c) => ({ value: c, label: OUTCOME_LABEL[c], count: classes.get(c) ?? 0 })) },
    { key: 'service', title: 'Service', values: top(services) },
    { key: 'name', title: 'Operation', values: top(operations) },
  ]
}

function add<K>(counts: Map<K, number>, value: K): void {
  counts.set(value, (counts.get(value) ?? 0) + 1)
}

/** Most first; equal ones by name, so that nothing jumps while results come in. */
function top(counts: Map<string, number>): FacetValue[] {
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([value, count]) => ({ value, label: value, count }))
}
