// Which spans a filter leaves: the search, failures, the critical path, and services switched off.
import { FLAG, has, type TraceModel } from './trace'
import { matchRows, parseTraceFilter } from './traceFilter'
import { keepMask } from './traceOpen'

export const SHOWS = ['all', 'match', 'errors', 'critical'] as const
export type Show = (typeof SHOWS)[number]

export interface Filtered {
  /** 1 = found by the search; null without a search */
  readonly matches: Uint8Array | null
  /** rows found, in order */
  readonly found: Int32Array
  /** null = everything is shown; 1 = kept, 2 = only an ancestor of something kept */
  readonly keep: Uint8Array | null
  readonly problem: { readonly message: string; readonly position: number } | null
}

const NONE = new Int32Array(0)

export function filterTrace(trace: TraceModel, q: string, show: Show, hide: readonly string[]): Filtered {
  const { spans } = trace
  const parsed = q.trim() === '' ? null : parseTraceFilter(q, trace)
  const search = parsed?.ok === true ? matchRows(spans.count, parsed.test) : null
  const problem = parsed?.ok === false ? { message: parsed.message, position: parsed.position } : null
  const gone = trace.services.map((s) => hide.includes(s.name))
  const hiding = gone.some(Boolean)
  const test = testOf(trace, show, search?.mask ?? null)
  if (test === null && !hiding) return { matches: search?.mask ?? null, found: search?.rows ?? NONE, keep: null, problem }
  const wanted = new Uint8Array(spans.count)
  for (let i = 0; i < spans.count; i++) {
    if (!gone[spans.service[i]] && (test === null || test(i))) wanted[i] = 1
  }
  return { matches: search?.mask ?? null, found: search?.rows ?? NONE, keep: keepMask(spans, wanted), problem }
}

function testOf(trace: TraceModel, show: Show, mask: Uint8Array | null): ((row: number) => boolean) | null {
  const { spans } = trace
  switch (show) {
    case 'all': return null
    // A search that is empty or cannot be read hides nothing.
    case 'match': return mask === null ? null : (i) => mask[i] === 1
    case 'errors': return (i) => spans.klass[i] !== 0
    case 'critical': return (i) => has(spans.flags[i], FLAG.critical)
  }
}

/** The next of `rows` after (or before) a row, round the end; -1 when there is none. */
export function nextOf(rows: Int32Array, from: number, step: 1 | -1): number {
  if (rows.length === 0) return -1
  if (step === 1) return rows.find((r) => r > from) ?? rows[0]
  return rows.findLast((r) => r < from) ?? rows[rows.length - 1]
}

/** The next failure in order of interest; from elsewhere, the first. */
export function nextError(errors: Int32Array, selected: number, step: 1 | -1): number {
  if (errors.length === 0) return -1
  const at = errors.indexOf(selected)
  if (at < 0) return step === 1 ? errors[0] : errors[errors.length - 1]
  return errors[(at + step + errors.length) % errors.length]
}
