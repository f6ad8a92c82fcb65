/** Answers about sets of spans, operations and instances; a part of ./types. */
import type { Nanos } from '../pure/units'
import type { Apdex, Attribute, Class, Series, Stats } from './types'

/** Why a search ended before the beginning of its range. */
export type Reason = '' | 'time_limit' | 'row_limit'

/** What answers about spans say of themselves. */
export type Outcome = {
  /** False when a limit left something out; `reason` says which. */
  complete: boolean
  reason: Reason
  /** Everything that starts from here on was looked at. */
  searched_from: string
  elapsed_ms: number
  rows_read: number
  /** The query in its canonical text. */
  query: string
}

export type SpanRow = {
  trace_id: string
  span_id: string
  /** RFC 3339 with nanoseconds. */
  start: string
  duration_ns: Nanos
  service: string
  name: string
  kind: string
  class: Class
  peer: { type: string; name: string } | null
  in_progress: boolean
  /** One per column that was asked for; null where the span has no such attribute. */
  values: (Attribute | null)[]
}

export type SpanPage = Outcome & { spans: SpanRow[]; columns: string[]; next_cursor: string | null }

export type Heatmap = Outcome & {
  start: string
  step_ns: Nanos
  columns: number
  /** [low, high) of durations, ascending without gaps, 8 per decade; empty where there is no span. */
  rows: [Nanos, Nanos][]
  /** [column, row, spans, of these not ok], those with a span only. */
  cells: [number, number, number, number][]
  spans: number
}

/** `filter` is a clause to add to a query with ` and `. */
export type FacetValue = { value: string; filter: string; spans: number; bad: number }

export type Facet = {
  key: string
  /** Most spans first, ten at most. */
  values: FacetValue[]
  /** Values in the sample. */
  distinct: number
  /** Spans of the sample without it. */
  missing: number
}

/** Of the newest spans that match, as many as `spans` says. */
/** spans were counted; exact: they are all that match, and else a sample of the total, which is an estimate where there is a filter */
export type Facets = Outcome & { facets: Facet[]; spans: number; exact: boolean; total: number }

export type Baseline = 'rest' | 'before' | 'week' | 'query'

/** Shares are of all spans of a side, 0 to 1. `filter` is a clause to add to a query with ` and `. */
export type ComparedValue = { label: string; filter: string; selection: number; baseline: number }

export type ComparedAttribute = {
  key: string
  /** The values of a number are ranges, ascending; those of a category come with the largest difference first. */
  kind: 'category' | 'number'
  /** 0 alike to 1 apart. */
  score: number
  /** Shares of the spans that have it. */
  selection_coverage: number
  baseline_coverage: number
  /** Nearly every span has another value, as of ids. */
  unique: boolean
  values: ComparedValue[]
}

export type ComparedSide = {
  /** Looked at; the newest. */
  spans: number
  /** There may be more. */
  sampled: boolean
}

export type Comparison = {
  selection: ComparedSide
  baseline: ComparedSide
  /** Most different first. */
  attributes: ComparedAttribute[]
  complete: boolean
  reason: Reason
  elapsed_ms: number
  rows_read: number
  query: string
}

export type Exemplar = { trace_id: string; span_id: string; start: string; duration_ns: Nanos }

/** Chosen among the newest requests of its class, by what lies below each in its trace. */
export type Typical = Exemplar & {
  class: Class
  /** The most common structure; the one nearest to all others, since they differ too much; or the duration alone. */
  by: 'structure' | 'middle' | 'duration'
  sample: number
  /** How many of the sample have its structure. */
  alike: number
  structures: number
  median_ns: Nanos
}

export type OperationDetail = {
  name: string
  service: string
  env: string
  kind: string
  stats: Stats
  apdex: Apdex | null
  series: Series
  /** A recent span that does what most do and took about the median. */
  typical: Typical | null
  slowest: Exemplar | null
}

export type Instance = {
  /** service.instance.id, else what comes next to it: pod, container, host and process. */
  id: string
  host: string
  version: string
  first_seen: string
  last_seen: string
  spans: number
  requests: number
  /** Requests that did not end ok. */
  bad: number
  p95_ns: Nanos
}

export type Instances = { instances: Instance[]; complete: boolean; reason: Reason }
