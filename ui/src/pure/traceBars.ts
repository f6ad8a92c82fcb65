// From visible rows to what is painted: a short list of plain figures in px. The canvas only strokes and fills them.
import { formatDuration } from './format'
import { FLAG, has, KINDS, type TraceModel } from './trace'
import { type Folds, moreOf, type Rows } from './traceRows'
import { toPx, type View } from './traceView'
import type { Nanos, Px } from './units'

/** Narrower bars would vanish. */
export const MIN_BAR: Px = 1.5
const TEXT_GAP: Px = 6
/** Width of a character of the duration text, generously. */
const CHAR: Px = 6.6

export interface Bar {
  /** span index, or ~fold */
  readonly row: number
  /** top of the row, px below the canvas's top */
  readonly y: Px
  readonly x0: Px
  readonly x1: Px
  readonly hue: number
  readonly klass: number
  /** a failure began here; others only passed it on */
  readonly origin: boolean
  /** px of events within the span, where they are known */
  readonly ticks: readonly Px[]
  /** pairs of px: time in which the span itself worked */
  readonly solid: readonly Px[]
  /** pairs of px: time of a call that the other side did not see, on its way there and back */
  readonly gap: readonly Px[]
  /** pairs of px on the critical path */
  readonly critical: readonly Px[]
  /** end of the latest descendant where it outlives the bar, else x1 */
  readonly tail: Px
  readonly inProgress: boolean
  readonly text: string
  readonly textX: Px
  /** the text ends at textX instead of starting there */
  readonly textEnds: boolean
  readonly dim: boolean
}

export interface BarsInput {
  readonly trace: TraceModel
  readonly folds: Folds
  readonly rows: Rows
  readonly collapsed: Uint8Array
  readonly keep: Uint8Array | null
  /** hue of each service of the trace */
  readonly hues: Uint8Array
  readonly view: View
  readonly width: Px
  /** px right of the plot in which a duration may still stand */
  readonly gutter: Px
  readonly rowHeight: Px
  /** rows [first, last) are painted */
  readonly first: number
  readonly last: number
  /** events of one span, ns after its start */
  readonly events?: { readonly span: number; readonly offsets: readonly number[] }
}

export function bars(input: BarsInput): Bar[] {
  const out: Bar[] = []
  for (let r = Math.max(0, input.first); r < Math.min(input.rows.count, input.last); r++) {
    const row = input.rows.at[r]
    const y = (r - input.first) * input.rowHeight
    if (moreOf(input.folds, row) >= 0) continue
    out.push(row >= 0 ? spanBar(input, row, y) : foldBar(input, ~row, y))
  }
  return out
}

function spanBar(input: BarsInput, s: number, y: Px): Bar {
  const { trace, view, width } = input
  const { spans } = trace
  const start = spans.start[s]
  const end = start + spans.duration[s]
  const x0 = toPx(view, width, start)
  const x1 = Math.max(x0 + MIN_BAR, toPx(view, width, end))
  const hidden = input.collapsed[s] === 1
  return {
    row: s,
    y,
    x0,
    x1,
    hue: input.hues[spans.service[s]],
    klass: spans.klass[s],
    origin: spans.origin[s] === 1,
    ticks: input.events?.span === s ? input.events.offsets.map((o) => toPx(view, width, start + o)) : [],
    ...workOf(input, s, x0, x1),
    critical: criticalOf(input, s, hidden ? s + spans.descendants[s] : s),
    tail: spans.subtreeEnd[s] > end ? toPx(view, width, spans.subtreeEnd[s]) : x1,
    inProgress: has(spans.flags[s], FLAG.inProgress),
    dim: input.keep !== null && input.keep[s] === 2,
    ...label(formatDuration(spans.duration[s]), x0, x1, width, input.gutter),
  }
}

function foldBar(input: BarsInput, f: number, y: Px): Bar {
  const { trace, folds, view, width } = input
  const { spans } = trace
  const x0 = toPx(view, width, folds.start[f])
  const x1 = Math.max(x0 + MIN_BAR, toPx(view, width, folds.end[f]))
  const solid: number[] = []
  let klass = 0
  let origin = false
  for (let m = folds.offset[f]; m < folds.offset[f + 1]; m++) {
    const s = folds.members[m]
    klass = Math.max(klass, spans.klass[s])
    origin ||= spans.origin[s] === 1
    const a = toPx(view, width, spans.start[s])
    pushRun(solid, a, Math.max(a + 1, toPx(view, width, spans.start[s] + spans.duration[s])))
  }
  const first = folds.members[folds.offset[f]]
  return {
    row: ~f,
    y,
    x0,
    x1,
    hue: input.hues[spans.service[first]],
    klass,
    origin,
    ticks: [],
    solid,
    gap: [],
    critical: [],
    tail: x1,
    inProgress: false,
    dim: false,
    ...label(`Σ ${formatDuration(folds.total[f])}`, x0, x1, width, input.gutter),
  }
}

/** Own work; of a call that another service answered, what is left is no work but the way there and back. */
function workOf(input: BarsInput, s: number, x0: Px, x1: Px): { solid: number[]; gap: number[] } {
  const { trace, view, width } = input
  const answered = answerOf(trace, s)
  if (answered === null) return { solid: selfTime(input, s, x0, x1), gap: [] }
  const from = Math.max(x0, Math.min(x1, toPx(view, width, answered[0])))
  const to = Math.max(from, Math.min(x1, toPx(view, width, answered[1])))
  const gap: number[] = []
  if (from > x0 + 0.5) gap.push(x0, from)
  if (x1 > to + 0.5) gap.push(to, x1)
  return { solid: [], gap }
}

const [SERVER, CLIENT] = [KINDS.indexOf('server'), KINDS.indexOf('client')]

/** When the other side of a call began and ended, where its spans are all that the call has below it. */
function answerOf(trace: TraceModel, s: number): readonly [Nanos, Nanos] | null {
  const { spans } = trace
  if (spans.kind[s] !== CLIENT || spans.descendants[s] === 0) return null
  let [from, to] = [Infinity, 0]
  const last = s + spans.descendants[s]
  for (let c = s + 1; c <= last; c += spans.descendants[c] + 1) {
    if (spans.kind[c] !== SERVER || spans.service[c] === spans.service[s]) return null
    from = Math.min(from, spans.start[c])
    to = Math.max(to, spans.start[c] + spans.duration[c])
  }
  return [from, to]
}

/** The stretches in which no direct child runs, in px, at least half a px each. */
function selfTime(input: BarsInput, s: number, x0: Px, x1: Px): number[] {
  const { trace, view, width } = input
  const { spans } = trace
  // When what was left out below it ran is not known.
  if (spans.descendants[s] === 0) return spans.hidden[s] > 0 ? [] : [x0, x1]
  const out: number[] = []
  let covered = x0
  const last = s + spans.descendants[s]
  for (let c = s + 1; c <= last; c += spans.descendants[c] + 1) {
    const from = toPx(view, width, spans.start[c])
    if (from > covered + 0.5) out.push(covered, Math.min(from, x1))
    covered = Math.max(covered, toPx(view, width, spans.start[c] + spans.duration[c]))
    if (covered >= x1) return out
  }
  if (x1 > covered + 0.5) out.push(covered, x1)
  return out
}

/** The critical segments of spans from..to, joined where they touch on screen. */
function criticalOf(input: BarsInput, from: number, to: number): number[] {
  const { critical } = input.trace
  const a = critical.offset[from]
  const b = critical.offset[to + 1]
  if (a === b) return []
  const out: number[] = []
  const order = from === to ? null : sortedByStart(critical.start, a, b)
  for (let k = a; k < b; k++) {
    const seg = order === null ? k : order[k - a]
    const x0 = toPx(input.view, input.width, critical.start[seg])
    const x1 = toPx(input.view, input.width, critical.end[seg])
    if (x1 < 0 || x0 > input.width) continue
    pushRun(out, Math.max(-4, x0), Math.min(input.width + 4, Math.max(x0 + 1, x1)))
  }
  return out
}

function sortedByStart(start: Float64Array, a: number, b: number): number[] {
  const out: number[] = []
  for (let k = a; k < b; k++) out.push(k)
  return out.sort((p, q) => start[p] - start[q])
}

function pushRun(out: number[], x0: Px, x1: Px): void {
  const end = out.length - 1
  if (end > 0 && x0 <= out[end] + 0.5) out[end] = Math.max(out[end], x1)
  else out.push(x0, x1)
}

/** The duration stands right of the bar, or left where there is more room; over a bar as wide as the view it keeps to the right edge. */
function label(text: string, x0: Px, x1: Px, width: Px, gutter: Px): { text: string; textX: Px; textEnds: boolean } {
  const need = text.length * CHAR + TEXT_GAP
  if (x1 + need <= width + gutter && x1 + TEXT_GAP >= 0) return { text, textX: x1 + TEXT_GAP, textEnds: false }
  if (x0 - need >= 0 && x0 <= width) return { text, textX: x0 - TEXT_GAP, textEnds: true }
  // No room beside the bar: the row's tree column and the side panel tell the duration.
  return { text: '', textX: 0, textEnds: false }
}

/** The row under a point of the canvas, or -1. */
export function rowAt(y: Px, rowHeight: Px, first: number, count: number): number {
  const r = first + Math.floor(y / rowHeight)
  return r >= 0 && r < count ? r : -1
}
