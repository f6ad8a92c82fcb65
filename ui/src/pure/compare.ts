/** What is different about some spans: a selection held against a baseline, attribute by attribute. */
import type { Baseline, ComparedAttribute, ComparedSide, ComparedValue } from '../api/types'
import { type Brush, durationFilter } from './brush'
import { formatPercent, plural } from './format'
import type { Range } from './time'

/** What is compared: the box on the chart, or what failed in the result. */
export type Subject = 'brush' | 'failed'

export const BASES = ['rest', 'before', 'week', 'query'] as const satisfies readonly Baseline[]

export const BASE_LABEL: Record<Baseline, string> = {
  rest: 'the rest of the result',
  before: 'the time right before',
  week: 'the same time a week earlier',
  query: 'another search',
}

export const FAILED = 'class != ok'

/** What a failure is told by, and so no finding about failures. */
const FAILURE = new Set(['class', 'status'])

/** `q` in `range`, and of that the selection against its baseline. */
export type Question = { q: string; range: Range; of: { selection: string; selection_from?: string; selection_to?: string; baseline: Baseline; baseline_q?: string } }

/** What to ask the server. Null where there is nothing to compare yet. */
export function questionOf(subject: Subject, q: string, range: Range, brush: Brush | null, base: Baseline, baseQuery: string): Question | null {
  if (base === 'query' && baseQuery.trim() === '') return null
  const against = { baseline: base, baseline_q: base === 'query' ? baseQuery : undefined }
  if (subject === 'failed') return { q, range, of: { selection: FAILED, ...against } }
  if (brush === null) return null
  return {
    q,
    range,
    of: {
      selection: durationFilter(brush),
      selection_from: brush.from === null ? undefined : String(Math.floor(brush.from)),
      selection_to: brush.to === null ? undefined : String(Math.ceil(brush.to)),
      ...against,
    },
  }
}

/** The most cards that are drawn. */
export const CARDS = 20

export type Cards = { shown: ComparedAttribute[]; ids: number; found: number }

/**
 * The cards to draw: those that the search finds, the most different first. Ids are left out unless asked for: nearly every
 * span has its own, so that they are always different and never say why.
 */
export function cardsOf(all: readonly ComparedAttribute[], subject: Subject, search: string, withIds: boolean): Cards {
  const attributes = subject === 'failed' ? all.filter((a) => !FAILURE.has(a.key)) : all
  const words = search.trim().toLowerCase().split(/\s+/).filter((w) => w !== '')
  const found = attributes.filter((a) => words.every((w) => a.key.toLowerCase().includes(w) || a.values.some((v) => v.label.toLowerCase().includes(w))))
  const kept = withIds ? found : found.filter((a) => !a.unique)
  return { shown: kept.slice(0, CARDS), ids: found.length - found.filter((a) => !a.unique).length, found: kept.length }
}

/** Values of a card before the rest is asked for; ranges of a number are one picture and are all shown. */
const VALUES = 6

export function valuesOf(a: Pick<ComparedAttribute, 'kind' | 'values'>, all: boolean): { shown: readonly ComparedValue[]; rest: number } {
  // One left over would take as much room as the words about it.
  if (all || a.kind === 'number' || a.values.length <= VALUES + 1) return { shown: a.values, rest: 0 }
  return { shown: a.values.slice(0, VALUES), rest: a.values.length - VALUES }
}

/** The widest bar of a card is as wide as its track, so that small shares can still be told apart. */
export function scaleOf(values: readonly ComparedValue[]): number {
  return values.reduce((m, v) => Math.max(m, v.selection, v.baseline), 0) || 1
}

/** The value that tells the two sides apart most. */
export function strongest(values: readonly ComparedValue[]): ComparedValue | null {
  return values.reduce<ComparedValue | null>((best, v) => (best === null || gap(v) > gap(best) ? v : best), null)
}

function gap(v: ComparedValue): number {
  return Math.abs(v.selection - v.baseline)
}

/** `gold: 92 % here, 12 % there`, the finding of a card in a line. */
export function findingOf(a: ComparedAttribute): string {
  const v = strongest(a.values)
  return v === null ? '' : `${v.label === '' ? '(empty)' : v.label}: ${formatPercent(v.selection)} against ${formatPercent(v.baseline)}`
}

/** `120 failed spans`, `the newest 20,000 others`. */
export function sideWords(side: ComparedSide, what: string): string {
  return `${side.sampled ? 'the newest ' : ''}${plural(side.spans, what)}`
}

/** How clearly an attribute tells the sides apart, in words. */
export function strengthOf(score: number): 'strong' | 'clear' | 'weak' {
  return score >= 0.5 ? 'strong' : score >= 0.2 ? 'clear' : 'weak'
}

/** Said where an attribute is missing from many spans of a side. */
export function coverageOf(a: Pick<ComparedAttribute, 'selection_coverage' | 'baseline_coverage'>): string {
  if (a.selection_coverage > 0.995 && a.baseline_coverage > 0.995) return ''
  return `on ${formatPercent(a.selection_coverage)} of these, ${formatPercent(a.baseline_coverage)} of the others`
}
