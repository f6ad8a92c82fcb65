/** What the server answers; docs/openapi.yaml is the truth. Keys are the server's own. */
import type { Nanos } from '../pure/units'

export type * from './spanTypes'

export type Class = 'ok' | 'error' | 'throttle' | 'fault'

/** Counts are weighted by sampling, so they may be fractions. */
export type Stats = {
  requests: number
  ok: number
  error: number
  throttle: number
  fault: number
  /** Requests per second. */
  rate: number
  avg_ns: Nanos
  p50_ns: Nanos
  p95_ns: Nanos
  p99_ns: Nanos
  max_ns?: Nanos
  /** [low, high, count] */
  histogram: [Nanos, Nanos, number][]
}

export type MapNode = {
  id: string
  kind: 'service' | 'client' | 'inferred'
  type: string
  name: string
  env: string
  namespace: string
  versions: string[]
  root: boolean
  /** Who owns the service; empty where nothing says. */
  team: string
  stats: Stats | null
}

export type MapEdge = {
  id: string
  source: string
  target: string
  async: boolean
  /** The caller's view. */
  stats: Stats
  /** The callee's, of the same requests. */
  server: Stats | null
  /** False where of some it is not known how they ended by the callee's word. */
  server_classed: boolean
  event_age: { avg_ns: Nanos; p50_ns: Nanos; p95_ns: Nanos; histogram: [Nanos, Nanos, number][] } | null
}

export type ServiceMap = {
  from: string
  to: string
  generated: string
  complete: boolean
  notes: string[]
  envs: string[]
  nodes: MapNode[]
  edges: MapEdge[]
  buckets: { step_s: number; start: string; requests: number[]; bad: number[] }
}

export type Series = {
  step_s: number
  start: string
  ok: number[]
  error: number[]
  throttle: number[]
  fault: number[]
  /** Percentiles are 0 where there was no request. */
  p50_ns: Nanos[]
  p95_ns: Nanos[]
  p99_ns: Nanos[]
}

/** `failed`: errors, throttles and faults. */
export type Sparkline = { step_s: number; start: string; requests: number[]; fault: number[]; failed: number[]; p95_ns: Nanos[] }

export type ServiceRow = {
  name: string
  env: string
  namespace: string
  type: string
  /** Empty where nothing says. */
  team: string
  versions: { name: string; first_seen: string }[]
  /** The newest deployment in the range. */
  deployed: { version: string; at: string } | null
  stats: Stats
  /** Null without requests. */
  apdex: Apdex | null
  series: Sparkline
}

/** `score` is from 0, nobody is satisfied, to 1. */
export type Apdex = { score: number; threshold_ns: Nanos }

export type Services = { services: ServiceRow[]; envs: string[] }

export type Operation = { name: string; kind: string; stats: Stats; apdex: Apdex | null; series?: Sparkline }

/** A stretch of time in which a version served requests that it had not served right before. */
export type Deployment = {
  version: string
  /** Served most right before; empty for a version without a name. */
  previous: string
  at: string
  /** Null while it serves. */
  until: string | null
  /** What the others did right before, for as long. */
  before: Stats
  after: Stats
}

export type Service = {
  name: string
  env: string
  namespace: string
  type: string
  /** Their series are in the steps of the service's own. */
  versions: { name: string; first_seen: string; last_seen: string; stats: Stats; series: Sparkline }[]
  /** Newest first. */
  deployments: Deployment[]
  stats: Stats
  apdex: Apdex | null
  series: Series
  operations: Operation[]
  upstream: MapEdge[]
  downstream: MapEdge[]
}

export type TraceSummary = {
  trace_id: string
  /** RFC 3339 with nanoseconds. */
  start: string
  duration_ns: Nanos
  root: { service: string; name: string } | null
  spans: number
  errors: number
  class: Class
  services: { name: string; spans: number; errors: number }[]
  matched: { span_id: string; service: string; name: string; duration_ns: Nanos; class: Class; start: string }
  in_progress: boolean
}

export type TracePage = {
  traces: TraceSummary[]
  next_cursor: string | null
  complete: boolean
  reason: '' | 'time_limit' | 'row_limit'
  searched_from: string
  elapsed_ms: number
  rows_read: number
  /** The query in its canonical text. */
  query: string
}

/** Bits of Trace.spans.flags. */
export const FLAG = {
  orphan: 1,
  skewAdjusted: 2,
  inProgress: 4,
  cycleBroken: 8,
  outlivesParent: 16,
  critical: 32,
  duplicateId: 64,
  sanitised: 128,
} as const

/** The columns of a trace's spans, depth first; offsets and durations in ns from the trace's start. */
export type SpanColumns = {
  id: string[]
  /** Index of the parent, -1 for none. */
  parent: number[]
  depth: number[]
  start: Nanos[]
  duration: Nanos[]
  self: Nanos[]
  service: number[]
  name: number[]
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number[]
  /** 0 ok, 1 error, 2 throttle, 3 fault. */
  class: number[]
  /** 0 unset, 1 ok, 2 error. */
  status: number[]
  http: number[]
  flags: number[]
  events: number[]
  links: number[]
  peer_name: number[]
  peer_type: number[]
  /** In this answer. */
  descendants: number[]
  /** Descendants left out of this answer; absent when nothing was. */
  hidden?: number[]
  /** Index into repeats, -1 for none; absent when there are none. */
  repeat?: number[]
  /** What was added to the start as it was sent. */
  skew: Nanos[]
}

/** An operation that a span called again and again. Figures are of the whole trace. */
export type Repeat = {
  /** Indices of spans; -1: left out, or not in the trace. */
  parent: number
  first: number
  last: number
  first_id: string
  count: number
  errors: number
  total_ns: Nanos
  max_ns: Nanos
  start: Nanos
  end: Nanos
  /** They ran at the same time. */
  parallel: boolean
  /** Calls of one store, one after another. */
  n_plus_one: boolean
}

export type Trace = {
  trace_id: string
  xray_id: string
  /** Decimal string of ns since 1970. */
  start: string
  duration_ns: Nanos
  root: { service: string; name: string } | null
  class: Class
  span_count: number
  error_count: number
  depth: number
  service_count: number
  critical_ns: Nanos
  warnings: { code: string; message: string }[]
  truncated: { kept: number; total: number } | null
  in_progress: boolean
  services: { name: string; env: string; type: string; spans: number; errors: number; self_ns: Nanos }[]
  dict: { name: string[]; peer_name: string[]; peer_type: string[] }
  spans: SpanColumns
  repeats: Repeat[]
  critical_path: { span: number; start: Nanos; end: Nanos }[]
  /** Indices of failed spans, most interesting first. */
  errors: number[]
  /** The span to select when the trace is opened; -1 in an empty trace. */
  focus: number
}

/** Spans of a timeline below one of them, which is the first. */
export type TraceChildren = Pick<Trace, 'trace_id' | 'start' | 'services' | 'dict' | 'spans' | 'repeats' | 'critical_path' | 'errors'> & {
  /** How many the span has. */
  children: number
  /** The `from` of the next page of children. */
  next: number | null
}

/** The value is as people read it; bytes in base64, arrays and maps in OTLP's JSON. */
export type Attribute = { key: string; type: 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'json' | 'empty'; value: string }

export type SpanDetail = {
  trace_id: string
  span_id: string
  /** Empty for a root. */
  parent_id: string
  name: string
  service: string
  service_type: string
  env: string
  namespace: string
  version: string
  kind: string
  class: Class
  status: string
  status_message: string
  /** As sent, a decimal string of ns. */
  start: string
  duration_ns: Nanos
  in_progress: boolean
  /** How many requests this sampled span stands for. */
  weight: number
  trace_state: string
  flags: number
  peer: { type: string; name: string } | null
  attributes: Attribute[]
  dropped_attributes: number
  resource: { attributes: Attribute[]; schema_url: string; dropped_attributes: number }
  scope: { name: string; version: string; schema_url: string; attributes: Attribute[]; dropped_attributes: number }
  events: { time: string; offset_ns: Nanos; name: string; attributes: Attribute[]; dropped_attributes: number }[]
  links: { trace_id: string; span_id: string; trace_state: string; flags: number; attributes: Attribute[]; dropped_attributes: number }[]
  dropped_events: number
  dropped_links: number
  linked_from: { trace_id: string; span_id: string }[]
}

export type Completion = { text: string; kind: 'key' | 'value' | 'operator' | 'keyword'; count?: number }

export type Ingest = {
  received: number
  stored: number
  rejected: Record<string, number>
  /** By processor: dropped, or held for now. */
  dropped_by_pipeline: Record<string, number>
  deduplicated: number
  in_journal: number
  dead_letter: number
  undecodable: number
  /** Secrets masked, and items by what was mended in them; apart from the sum. */
  redacted: number
  sanitized: Record<string, number>
}

export type RefusalExample = { time: string; signal: string; protocol: string; peer: string; message: string }

export type Arrival = { signal: string; protocol: string; requests: number; bytes: number; items: number; last: string }

export type Status = {
  version: string
  started: string
  now: string
  endpoints: { http: string; otlp_grpc: string; otlp_http: string }
  has_data: boolean
  auth: { required: boolean; user: string }
  engine: { state: string; version: string; restarts: number; error: string }
  /** By signal. received = stored + rejected + dropped_by_pipeline + deduplicated + in_journal + dead_letter; undecodable requests are apart. */
  ingest: Record<string, Ingest>
  /** Requests that were not taken since the process started, by reason. */
  refused: Record<string, number>
  /** The last refused requests and rejected items, by reason, newest first. */
  refused_examples: Record<string, RefusalExample[]>
  /** What came in since the process started, by signal and protocol. */
  arrivals: Arrival[]
  lag_ms: number
  /** `oldest`: when the oldest record that is not stored was received. */
  journal: { bytes: number; max_bytes: number; segments: number; oldest: string | null; full: boolean; quarantined: string[] }
  loader: { state: string; batches: number; error: string; error_at: string | null }
  storage: { spans_rows: number; bytes: number }
  retention: { traces_days: number; logs_days: number; metrics_days: number; rollups_days: number }
  warnings: string[]
}
