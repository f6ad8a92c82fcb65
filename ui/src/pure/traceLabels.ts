// What a row of the waterfall says, for the eye and for a screen reader.
import { formatCount, formatDuration, formatPercent } from './format'
import { type Glyph, kindOf } from './mapKind'
import { CLASSES, KINDS, type Repeat, type SpanKind, type TraceModel } from './trace'
import type { Folds } from './traceRows'

export interface RowLabel {
  readonly name: string
  readonly service: string
  /** shown only where it differs from the row above in the tree */
  readonly showService: boolean
  /** "× 48, total 312 ms, max 20 ms" of a fold; the peer of a call */
  readonly detail: string
  /** 0 ok … 3 fault */
  readonly klass: number
  readonly failing: number
  /** the failure began here */
  readonly origin: boolean
  /** what the span is, or what it talks to; null for inner work */
  readonly glyph: Glyph | null
  /** the same call again and again, one after another: why that may be too many; empty for others */
  readonly hint: string
}

export function spanLabel(trace: TraceModel, row: number): RowLabel {
  const { spans } = trace
  const parent = spans.parent[row]
  const peer = trace.peerNames[spans.peerName[row]] ?? ''
  return {
    name: trace.names[spans.name[row]] || '(no name)',
    service: trace.services[spans.service[row]].name,
    showService: parent < 0 || spans.service[parent] !== spans.service[row],
    detail: peer === '' || trace.names[spans.name[row]].includes(peer) ? '' : `→ ${peer}`,
    klass: spans.klass[row],
    failing: spans.klass[row] === 0 ? 0 : 1,
    origin: spans.origin[row] === 1,
    glyph: glyphOf(trace, row),
    hint: '',
  }
}

const ENTRIES: Partial<Record<SpanKind, Glyph>> = { server: 'service', producer: 'queue', consumer: 'queue' }
const glyphs = new Map<string, Glyph>()

/** A call shows what it talks to; a span that was called, what it is. */
function glyphOf(trace: TraceModel, row: number): Glyph | null {
  const { spans } = trace
  const kind = KINDS[spans.kind[row]] ?? 'unspecified'
  const type = trace.peerTypes[spans.peerType[row]] ?? ''
  if (type !== '' && (kind === 'client' || kind === 'producer')) return known(type, true)
  if (kind === 'server' && trace.services[spans.service[row]].type !== '') return known(trace.services[spans.service[row]].type, false)
  return ENTRIES[kind] ?? null
}

/** Types are few and rows are many. */
function known(type: string, inferred: boolean): Glyph {
  const key = `${type}/${inferred}`
  const glyph = glyphs.get(key) ?? kindOf(type, inferred).glyph
  glyphs.set(key, glyph)
  return glyph
}

/** "N+1": calls of one store that wait for each other could be one. */
function hintOf(repeat: Repeat | undefined): string {
  return repeat?.n_plus_one === true ? `The same call ${formatCount(repeat.count)} times, one after another: asking once for all might save most of ${formatDuration(repeat.total_ns)}` : ''
}

/** The repeated calls that take most time, in a sentence, with the row of one of them; null where no calls are too many. */
export function repeatHint(trace: TraceModel): { readonly row: number; readonly text: string; readonly total: number } | null {
  const { folds } = trace.outline
  let worst = -1
  let most = -1
  for (let f = 0; f < folds.count; f++) {
    const repeat = trace.repeats[folds.repeat[f]]
    if (repeat?.n_plus_one !== true || repeat.total_ns <= most) continue
    worst = f
    most = repeat.total_ns
  }
  if (worst < 0) return null
  const row = folds.members[folds.offset[worst]]
  const { service, name } = spanLabel(trace, row)
  return { row, total: most, text: `${service}, ${name}: ${hintOf(trace.repeats[folds.repeat[worst]]).replace(/^T/, 't')}.` }
}

export function foldLabel(trace: TraceModel, folds: Folds, f: number): RowLabel {
  const { spans } = trace
  const first = folds.members[folds.offset[f]]
  const here = folds.offset[f + 1] - folds.offset[f]
  const repeat = trace.repeats[folds.repeat[f]]
  const count = repeat?.count ?? here
  let klass = 0
  let origin = false
  for (let m = folds.offset[f]; m < folds.offset[f + 1]; m++) {
    klass = Math.max(klass, spans.klass[folds.members[m]])
    origin ||= spans.origin[folds.members[m]] === 1
  }
  const plain = spanLabel(trace, first)
  return {
    ...plain,
    detail: `× ${formatCount(count)}${here < count ? `, ${formatCount(here)} here` : ''}${repeat?.parallel === true ? ', in parallel' : ''}, total ${formatDuration(repeat?.total_ns ?? folds.total[f])}, max ${formatDuration(repeat?.max_ns ?? folds.max[f])}`,
    klass,
    failing: repeat?.errors ?? folds.errors[f],
    origin,
    hint: hintOf(repeat),
  }
}

/** "POST /checkout, checkout, server, 312 ms, 40 % of the trace, fault". */
export function spokenRow(trace: TraceModel, row: number): string {
  const { spans } = trace
  const label = spanLabel(trace, row)
  const kind = KINDS[spans.kind[row]] ?? ''
  const parts = [label.name, label.service, kind === 'unspecified' ? '' : kind, formatDuration(spans.duration[row]), `${formatPercent(Math.min(1, spans.duration[row] / trace.duration))} of the trace`]
  if (spans.klass[row] !== 0) parts.push(CLASSES[spans.klass[row]])
  return parts.filter((p) => p !== '').join(', ')
}
