// What a row of the waterfall says, for the eye and for a screen reader.
import { formatCount, formatDuration, formatPercent } from './format'
import { CLASSES, KINDS, type TraceModel } from './trace'
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
  }
}

export function foldLabel(trace: TraceModel, folds: Folds, f: number): RowLabel {
  const { spans } = trace
  const first = folds.members[folds.offset[f]]
  const count = folds.offset[f + 1] - folds.offset[f]
  let klass = 0
  let origin = false
  for (let m = folds.offset[f]; m < folds.offset[f + 1]; m++) {
    klass = Math.max(klass, spans.klass[folds.members[m]])
    origin ||= spans.origin[folds.members[m]] === 1
  }
  const plain = spanLabel(trace, first)
  return {
    ...plain,
    detail: `× ${formatCount(count)}, total ${formatDuration(folds.total[f])}, max ${formatDuration(folds.max[f])}`,
    klass,
    failing: folds.errors[f],
    origin,
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
