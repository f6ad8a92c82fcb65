// Figures over the spans of one trace: by service, operation, kind or peer; and the critical path as a list.
import { CLASSES, KINDS, type TraceModel } from './trace'
import type { Nanos } from './units'

export const GROUPINGS = ['operation', 'service', 'kind', 'peer', 'status'] as const
export type Grouping = (typeof GROUPINGS)[number]

export const TABLE_FIGURES = ['count', 'errors', 'total', 'self', 'p50', 'p95', 'max'] as const
export type TableFigure = (typeof TABLE_FIGURES)[number]
export type TableSort = 'name' | TableFigure

/** Rows by a column; equal ones by name. */
export function sortTable(rows: readonly TableRow[], by: TableSort, dir: 'asc' | 'desc'): TableRow[] {
  const sign = dir === 'asc' ? 1 : -1
  const names = (a: TableRow, b: TableRow) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0)
  return [...rows].sort((a, b) => (by === 'name' ? sign * names(a, b) : sign * (a[by] - b[by]) || names(a, b)))
}

export interface TableRow {
  readonly key: string
  /** service index for the colour; -1 where the row spans services */
  readonly service: number
  readonly label: string
  readonly count: number
  readonly errors: number
  readonly total: Nanos
  readonly self: Nanos
  readonly p50: Nanos
  readonly p95: Nanos
  readonly max: Nanos
  /** a span to jump to: the longest of the group */
  readonly longest: number
}

export function spanTable(trace: TraceModel, by: Grouping, keep: Uint8Array | null): TableRow[] {
  const { spans } = trace
  const groups = new Map<string, number[]>()
  for (let i = 0; i < spans.count; i++) {
    if (keep !== null && keep[i] !== 1) continue
    const key = keyOf(trace, by, i)
    if (key === '') continue
    const rows = groups.get(key)
    if (rows) rows.push(i)
    else groups.set(key, [i])
  }
  return [...groups].map(([key, rows]) => tableRow(trace, by, key, rows)).sort((a, b) => b.self - a.self)
}

function keyOf(trace: TraceModel, by: Grouping, i: number): string {
  const { spans } = trace
  switch (by) {
    case 'service': return `${spans.service[i]}`
    case 'operation': return `${spans.service[i]}/${spans.name[i]}`
    case 'kind': return `${spans.kind[i]}`
    case 'status': return `${spans.klass[i]}/${spans.http[i]}`
    case 'peer': return (trace.peerNames[spans.peerName[i]] ?? '') === '' ? '' : `${spans.peerName[i]}/${spans.peerType[i]}`
  }
}

function labelOf(trace: TraceModel, by: Grouping, i: number): string {
  const { spans } = trace
  switch (by) {
    case 'service': return trace.services[spans.service[i]].name
    case 'operation': return trace.names[spans.name[i]]
    case 'kind': return KINDS[spans.kind[i]] ?? 'unspecified'
    case 'status': return `${CLASSES[spans.klass[i]] ?? 'ok'}${spans.http[i] > 0 ? ` ${spans.http[i]}` : ''}`
    case 'peer': return trace.peerNames[spans.peerName[i]]
  }
}

function tableRow(trace: TraceModel, by: Grouping, key: string, rows: readonly number[]): TableRow {
  const { spans } = trace
  const durations = Float64Array.from(rows, (i) => spans.duration[i]).sort()
  let self = 0
  let total = 0
  let errors = 0
  let longest = rows[0]
  for (const i of rows) {
    total += spans.duration[i]
    self += spans.self[i]
    if (spans.klass[i] !== 0) errors++
    if (spans.duration[i] > spans.duration[longest]) longest = i
  }
  return {
    key,
    service: by === 'service' || by === 'operation' ? spans.service[rows[0]] : -1,
    label: labelOf(trace, by, rows[0]),
    count: rows.length,
    errors,
    total,
    self,
    p50: quantile(durations, 0.5),
    p95: quantile(durations, 0.95),
    max: durations[durations.length - 1],
    longest,
  }
}

/** The smallest value that at least q of the sorted values do not pass. */
export function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return 0
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]
}

export interface Segment {
  readonly span: number
  readonly start: Nanos
  readonly end: Nanos
  /** of the trace's duration */
  readonly share: number
}

/** The critical path in order of time, neighbours of one span joined. */
export function criticalSegments(trace: TraceModel): Segment[] {
  const { critical } = trace
  const order = Array.from(critical.span, (_, k) => k).sort((a, b) => critical.start[a] - critical.start[b])
  const out: { span: number; start: number; end: number; share: number }[] = []
  for (const k of order) {
    const last = out[out.length - 1]
    if (last && last.span === critical.span[k] && critical.start[k] <= last.end) last.end = Math.max(last.end, critical.end[k])
    else out.push({ span: critical.span[k], start: critical.start[k], end: critical.end[k], share: 0 })
  }
  for (const s of out) s.share = (s.end - s.start) / trace.duration
  return out
}

export interface CriticalGroup {
  readonly service: number
  readonly name: number
  readonly time: Nanos
  readonly share: number
  readonly segments: number
  /** the span with the longest segment */
  readonly longest: number
}

/** The critical path summed by service and operation, the largest first: what to make faster. */
export function criticalGroups(trace: TraceModel, segments: readonly Segment[]): CriticalGroup[] {
  const { spans } = trace
  const groups = new Map<string, { service: number; name: number; time: number; share: number; segments: number; longest: number; max: number }>()
  for (const s of segments) {
    const key = `${spans.service[s.span]}/${spans.name[s.span]}`
    const g = groups.get(key) ?? { service: spans.service[s.span], name: spans.name[s.span], time: 0, share: 0, segments: 0, longest: s.span, max: 0 }
    const time = s.end - s.start
    g.time += time
    g.share += s.share
    g.segments++
    if (time > g.max) {
      g.max = time
      g.longest = s.span
    }
    groups.set(key, g)
  }
  return [...groups.values()].sort((a, b) => b.time - a.time)
}
