import { type MouseEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { TraceModel } from '../pure/trace'
import { bars, type Bar } from '../pure/traceBars'
import { carryLine } from '../pure/traceCarry'
import { ancestorRows, moreOf, type Outline, type Rows } from '../pure/traceRows'
import type { RowValue } from '../pure/traceValues'
import { ticks, toPx } from '../pure/traceView'
import type { Px } from '../pure/units'
import { useSize } from '../widgets/Canvas'
import { probe } from '../widgets/probe'
import { useThemeVersion } from '../widgets/theme'
import { paintBars, prepare } from './paint'
import { Row } from './Rows'
import { GUTTER, LEFT } from './Ruler'
import { useDragZoom } from './useDragZoom'
import { useKeep, useRefs } from './useRefs'
import type { ViewStore } from './viewStore'
import css from './Waterfall.module.css'

/** Rows drawn above and below the window, so that a quick scroll still finds bars. */
const SPARE = 8
/** The window moves in steps of rows, so that most scroll events draw nothing. */
const STEP = 6
const STICKY = 3

export interface WaterfallHandle {
  /** Scrolls as far as needed to show a row. */
  show: (index: number, middle?: boolean) => void
  focus: () => void
}

type Props = {
  trace: TraceModel
  outline: Outline
  rows: Rows
  collapsed: Uint8Array
  openFolds: Uint8Array
  keep: Uint8Array | null
  /** 1 = highlighted by the search */
  matches: Uint8Array | null
  hues: Uint8Array
  /** events of the selected span, ns after its start */
  events?: { readonly span: number; readonly offsets: readonly number[] }
  view: ViewStore
  selected: number
  rowHeight: Px
  /** attributes to show in the tree, by span */
  values?: ReadonlyMap<number, readonly RowValue[]>
  /** width of the tree's column; 0 puts names above the bars, for narrow screens */
  tree: Px
  onSelect: (span: number) => void
  onToggle: (row: number, deep: boolean) => void
  /** the span whose left out children are on their way, -1 for none */
  loading?: number
  handle: Ref<WaterfallHandle>
}

/** The waterfall: a tree of elements at the left, one canvas of bars at the right, both as far as they are in view. */
export function Waterfall(props: Props) {
  const { trace, outline, rows, collapsed, openFolds, keep, matches, hues, events, view, selected, rowHeight, tree, onSelect, onToggle, handle, values, loading = -1 } = props
  const scroll = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const stuck = useRef<HTMLCanvasElement>(null)
  const [measure, size] = useSize<HTMLDivElement>()
  const [top, setTop] = useState(0)
  const theme = useThemeVersion()
  const height = size?.height ?? 0
  const stacked = tree === 0
  const width = Math.max(0, (size?.width ?? 0) - tree - SCROLLBAR)
  const plot = Math.max(1, width - LEFT - GUTTER)

  const inView = Math.ceil(height / rowHeight)
  const first = Math.max(0, Math.floor(top / rowHeight / STEP) * STEP - SPARE)
  const last = Math.min(rows.count, first + inView + STEP + 2 * SPARE)
  const topRow = Math.min(rows.count - 1, Math.floor(top / rowHeight))
  const partly = top % rowHeight > rowHeight / 2 ? 1 : 0
  const above = useMemo(() => (stacked ? [] : ancestorsAbove(rows, topRow, partly)), [stacked, rows, topRow, partly])

  const step = useMemo(() => indentOf(rows, tree), [rows, tree])

  // An answer with more spans takes the place of another: the first row below the lid stays where it is.
  const before = useRef({ trace, rows, rowHeight, lid: above.length })
  useLayoutEffect(() => {
    const was = before.current
    before.current = { trace, rows, rowHeight, lid: above.length }
    if (was.trace === trace || !scroll.current || scroll.current.scrollTop === 0) return
    const line = Math.floor(scroll.current.scrollTop / was.rowHeight)
    const now = carryLine(was.trace, was.rows, line + was.lid, trace, rows)
    if (now >= 0) scroll.current.scrollTop = (now - was.lid) * rowHeight + (scroll.current.scrollTop - line * was.rowHeight)
  }, [trace, rows, rowHeight, above])

  const drawn = useRef<readonly Bar[]>([])
  useLayoutEffect(() => {
    const paint = () => {
      const now = view.get()
      const input = { trace, folds: outline.folds, rows, collapsed, keep, hues, view: now, width: plot, gutter: GUTTER, rowHeight, events }
      // Names stand among the bars on a narrow screen: no lines through them.
      const grid = stacked ? [] : ticks(now, plot).map((t) => toPx(now, plot, t))
      const look = { width: width - LEFT, rowHeight, barTop: stacked ? rowHeight - 17 : Math.round((rowHeight - BAR) / 2) - 1, barHeight: stacked ? 10 : BAR, left: LEFT, grid }
      drawn.current = bars({ ...input, first, last })
      const main = canvas.current && prepare(canvas.current, width, (last - first) * rowHeight)
      if (main) paintBars(main, drawn.current, { ...look, height: (last - first) * rowHeight })
      const small = stuck.current && prepare(stuck.current, width, above.length * rowHeight)
      if (small) paintBars(small, above.flatMap((r, i) => bars({ ...input, first: r, last: r + 1 }).map((b) => ({ ...b, y: i * rowHeight }))), { ...look, height: above.length * rowHeight })
    }
    paint()
    let frame = 0
    const stop = view.subscribe(() => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(paint)
    })
    return () => {
      cancelAnimationFrame(frame)
      stop()
    }
  }, [trace, outline, rows, collapsed, keep, hues, events, view, plot, width, rowHeight, first, last, above, stacked, theme])

  useEffect(
    () => probe('timeline', () => ({ rows: rows.count, first, last, left: tree + LEFT, width: plot, view: view.get(), bars: drawn.current.map(({ row, x0, x1, y, klass }) => ({ row, x0, x1, y, klass })) })),
    [rows, first, last, tree, plot, view],
  )
  useImperativeHandle(handle, () => ({
    show: (index, middle = false) => {
      const el = scroll.current
      if (!el || index < 0) return
      const y = index * rowHeight
      const lid = middle ? 0 : Math.min(STICKY, rows.level[index] ?? 0) * rowHeight
      if (middle && (y < el.scrollTop + lid || y + rowHeight > el.scrollTop + el.clientHeight)) el.scrollTop = y - el.clientHeight / 2
      else if (y < el.scrollTop + lid) el.scrollTop = y - lid
      else if (y + rowHeight > el.scrollTop + el.clientHeight) el.scrollTop = y + rowHeight - el.clientHeight
      setTop(el.scrollTop)
    },
    focus: () => scroll.current?.focus({ preventScroll: true }),
  }))

  const brush = useDragZoom({ view, duration: trace.duration, left: tree + LEFT, width: plot, wheel: true })
  const ref = useRefs(useKeep(scroll), brush.attach)
  const onClick = (e: MouseEvent) => {
    const row = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-row]') : null
    if (!row || brush.moved()) return
    const at = Number(row.dataset.row)
    if (e.target instanceof Element && e.target.closest('[data-caret]')) onToggle(at, e.altKey)
    else if (at >= 0) onSelect(at)
    else onToggle(at, false)
  }
  // Elements are used again for other rows as the window moves: changing them is cheaper than making them.
  const slots = Math.max(1, inView + STEP + 2 * SPARE)
  const line = (index: number, at: Px, sticky: boolean) => {
    const row = rows.at[index]
    const span = row >= 0 ? row : -1
    return (
      <Row
        key={sticky ? `s${index}` : index % slots}
        id={sticky ? `sticky-${index}` : `row-${index}`}
        trace={trace}
        folds={outline.folds}
        hues={hues}
        row={row}
        index={index}
        level={rows.level[index]}
        step={step}
        height={rowHeight}
        top={at}
        open={row >= 0 ? collapsed[row] === 0 : openFolds[~row] === 1}
        selected={row === selected}
        match={span >= 0 && matches !== null && matches[span] === 1}
        dim={span >= 0 && keep !== null && keep[span] === 2}
        sticky={sticky}
        values={span >= 0 ? values?.get(span) : undefined}
        loading={loading >= 0 && moreOf(outline.folds, row) === loading}
      />
    )
  }
  const lines = []
  for (let i = first; i < last; i++) lines.push(line(i, i * rowHeight, false))
  const selectedIndex = rows.at.indexOf(selected)

  return (
    <div ref={measure} className={css.frame} data-stacked={stacked || undefined} style={{ '--tree': stacked ? '100%' : `${tree}px` }}>
      <div
        ref={ref}
        className={css.scroll}
        role="treegrid"
        tabIndex={0}
        aria-label="Spans of the trace"
        aria-rowcount={rows.count}
        aria-activedescendant={selectedIndex >= first && selectedIndex < last ? `row-${selectedIndex}` : undefined}
        data-waterfall=""
        onScroll={(e) => setTop(e.currentTarget.scrollTop)}
        onClick={onClick}
        onDoubleClick={(e) => {
          const row = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-row]') : null
          if (row && !(e.target instanceof Element && e.target.closest('[data-caret]'))) onToggle(Number(row.dataset.row), e.altKey)
        }}
      >
        <div className={css.content} style={{ height: rows.count * rowHeight }}>
          {lines}
          <canvas ref={canvas} className={css.canvas} style={{ left: tree, top: first * rowHeight, width, height: (last - first) * rowHeight }} aria-hidden="true" />
        </div>
        {brush.rect && <span className={css.brush} style={{ left: brush.rect[0], width: brush.rect[1] - brush.rect[0] }} />}
      </div>
      {above.length > 0 && (
        <div className={css.sticky} style={{ height: above.length * rowHeight, right: SCROLLBAR }} onClick={(e) => {
          const row = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-index]') : null
          if (row && scroll.current) scroll.current.scrollTop = Math.max(0, (Number(row.dataset.index) - above.indexOf(Number(row.dataset.index))) * rowHeight)
        }}>
          {above.map((r, i) => line(r, i * rowHeight, true))}
          <canvas ref={stuck} className={css.canvas} style={{ left: tree, top: 0, width, height: above.length * rowHeight }} aria-hidden="true" />
        </div>
      )}
    </div>
  )
}

const SCROLLBAR = 10
const BAR = 12

/** px per level of the tree: less where it is deep, so that names keep some room. */
function indentOf(rows: Rows, tree: Px): Px {
  const deepest = rows.level.reduce((a, b) => Math.max(a, b), 1)
  return Math.max(2, Math.min(14, Math.floor(((tree || 360) * 0.42) / deepest)))
}

/** Ancestors that have scrolled out above the first row in view; the row that they would cover counts as well, and so does one that is mostly covered. */
function ancestorsAbove(rows: Rows, topRow: number, partly: 0 | 1): number[] {
  let out = ancestorRows(rows, topRow, STICKY)
  // Rows under the lid may have deeper ancestors of their own: look at the row just below the lid.
  for (let i = 0; i < 2 && topRow > 0; i++) {
    const below = Math.min(rows.count - 1, topRow + out.length + partly)
    const next = ancestorRows(rows, below, 99).filter((r) => r < topRow + out.length && r < below).slice(-STICKY)
    if (next.length === out.length && next.every((r, k) => r === out[k])) break
    out = next
  }
  return topRow > 0 ? out : []
}
