/** The heatmap of latency: the server's counts by time and duration, and how they are drawn and read. */
import type { Heatmap } from '../api/types'
import { type Brush, inBrush } from './brush'
import { formatDuration, formatPercent, plural } from './format'
import { type Dot, type Frame, MOST_DOTS, xOf, yOf } from './scatter'
import { type EpochMs, epochMsOfRFC3339, type Nanos, type Px } from './units'

/** Counts of a column of time, for the bars above the chart. */
export type Bar = { from: EpochMs; to: EpochMs; count: number; bad: number }
export type Cell = { column: number; row: number; count: number; bad: number }

export type Grid = {
  from: EpochMs
  /** ms */
  step: number
  columns: number
  rows: readonly (readonly [Nanos, Nanos])[]
  cells: readonly Cell[]
  /** The largest count of a cell. */
  most: number
  spans: number
}

export function gridOf(wire: Pick<Heatmap, 'start' | 'step_ns' | 'columns' | 'rows' | 'cells' | 'spans'>): Grid {
  const cells = wire.cells.map(([column, row, count, bad]) => ({ column, row, count, bad }))
  return { from: epochMsOfRFC3339(wire.start), step: wire.step_ns / 1e6, columns: wire.columns, rows: wire.rows, cells, most: cells.reduce((m, c) => Math.max(m, c.count), 0), spans: wire.spans }
}

/** Rows put together until there are at most `most`, so that a cell is large enough to be seen and pointed at. */
export function coarser(grid: Grid, most: number): Grid {
  const by = Math.ceil(grid.rows.length / most)
  if (by <= 1) return grid
  const rows = Array.from({ length: Math.ceil(grid.rows.length / by) }, (_, i) => [grid.rows[i * by][0], grid.rows[Math.min(grid.rows.length, (i + 1) * by) - 1][1]] as const)
  const cells = new Map<number, Cell>()
  for (const c of grid.cells) {
    const row = Math.floor(c.row / by)
    const key = c.column * rows.length + row
    const cell = cells.get(key)
    if (cell === undefined) cells.set(key, { ...c, row })
    else {
      cell.count += c.count
      cell.bad += c.bad
    }
  }
  const merged = [...cells.values()]
  return { ...grid, rows, cells: merged, most: merged.reduce((m, c) => Math.max(m, c.count), 0) }
}

export type ChartLook = 'scatter' | 'heatmap'

/** Dots while every span can be one; the choice of the reader goes before. Null until the count is known. */
export function lookOf(chosen: ChartLook | undefined, spans: number | undefined): ChartLook | null {
  if (chosen !== undefined) return chosen
  return spans === undefined ? null : spans <= MOST_DOTS ? 'scatter' : 'heatmap'
}

export function gridFrame(grid: Grid, box: { left: Px; right: Px; top: Px; bottom: Px }): Frame {
  const time = { from: grid.from, to: grid.from + grid.step * grid.columns }
  if (grid.rows.length === 0) return { ...box, ...time, low: 1e6, high: 1e9 }
  return { ...box, ...time, low: Math.max(1, grid.rows[0][0]), high: Math.max(10, grid.rows[grid.rows.length - 1][1]) }
}

/** Where a cell is drawn: whole pixels, else the gaps between cells shimmer. */
export function rectOf(frame: Frame, grid: Grid, cell: Pick<Cell, 'column' | 'row'>): { x: Px; y: Px; width: Px; height: Px } {
  const x = Math.round(xOf(frame, grid.from + cell.column * grid.step))
  const right = Math.round(xOf(frame, grid.from + (cell.column + 1) * grid.step))
  const [low, high] = grid.rows[cell.row]
  const y = Math.round(yOf(frame, high))
  const bottom = Math.round(yOf(frame, low))
  const gap = right - x >= 5 ? 1 : 0
  return { x, y, width: Math.max(1, right - x - gap), height: Math.max(1, bottom - y - (bottom - y >= 5 ? 1 : 0)) }
}

/** How strongly a cell is inked, 0 to 1: by the logarithm of its count, and one span is still seen. */
export function inkOf(count: number, most: number): number {
  if (count <= 0) return 0
  return most <= 1 ? 0.7 : 0.18 + 0.82 * (Math.log(count) / Math.log(most))
}

/** The side of the mark of failures in a cell, as a share of the cell: by area, and one failure is still seen. */
export function markOf(cell: Pick<Cell, 'count' | 'bad'>): number {
  return cell.bad <= 0 ? 0 : Math.max(0.3, Math.sqrt(cell.bad / cell.count))
}

/** The cell under a point, or null where no span is. */
export function cellAt(grid: Grid, frame: Frame, x: Px, y: Px): Cell | null {
  if (x < frame.left || x >= frame.right || y < frame.top || y > frame.bottom) return null
  const column = Math.floor(((x - frame.left) / (frame.right - frame.left)) * grid.columns)
  return grid.cells.find((c) => c.column === column && y >= yOf(frame, grid.rows[c.row][1]) && y < yOf(frame, grid.rows[c.row][0])) ?? null
}

/** A cell as a box. */
export function brushOfCell(grid: Grid, cell: Cell): Brush {
  const [low, high] = grid.rows[cell.row]
  return { from: Math.floor(grid.from + cell.column * grid.step), to: Math.ceil(grid.from + (cell.column + 1) * grid.step), low, high }
}

export function barsOfGrid(grid: Grid): Bar[] {
  const bars: Bar[] = Array.from({ length: grid.columns }, (_, i) => ({ from: grid.from + i * grid.step, to: grid.from + (i + 1) * grid.step, count: 0, bad: 0 }))
  for (const c of grid.cells) {
    if (c.column >= bars.length) continue
    bars[c.column].count += c.count
    bars[c.column].bad += c.bad
  }
  return bars
}

/** The same of dots, over the time that the chart shows. */
export function barsOfDots(dots: readonly Dot[], from: EpochMs, to: EpochMs, columns: number): Bar[] {
  const step = (to - from) / columns
  const bars: Bar[] = Array.from({ length: columns }, (_, i) => ({ from: from + i * step, to: from + (i + 1) * step, count: 0, bad: 0 }))
  for (const d of dots) {
    const bar = bars[Math.floor((d.at - from) / step)]
    if (bar === undefined) continue
    bar.count++
    if (d.class !== 'ok') bar.bad++
  }
  return bars
}

export function barAt(bars: readonly Bar[], at: EpochMs): Bar | null {
  return bars.find((b) => at >= b.from && at < b.to) ?? null
}

/** About how many spans a box holds: cells count by their middle. */
export function countIn(grid: Grid, brush: Brush): { count: number; bad: number } {
  let count = 0
  let bad = 0
  for (const c of grid.cells) {
    const [low, high] = grid.rows[c.row]
    if (!inBrush(brush, grid.from + (c.column + 0.5) * grid.step, Math.sqrt(Math.max(1, low) * high))) continue
    count += c.count
    bad += c.bad
  }
  return { count, bad }
}

/** `2 failed (14 %)`; empty where nothing did. */
export function failedWords(count: number, bad: number): string {
  return bad === 0 ? '' : `${plural(bad, 'failed', 'failed')} (${formatPercent(bad / count)})`
}

/** What the chart says to those who cannot see it. */
export function describeGrid(grid: Grid): string {
  if (grid.cells.length === 0) return 'No spans to chart'
  const bad = grid.cells.reduce((n, c) => n + c.bad, 0)
  const most = grid.cells.reduce((a, b) => (b.count > a.count ? b : a))
  const [low, high] = [grid.rows[0][0], grid.rows[grid.rows.length - 1][1]]
  const [a, b] = grid.rows[most.row]
  const failed = failedWords(grid.spans, bad)
  return `Heatmap of ${plural(grid.spans, 'span')} lasting ${formatDuration(low)} to ${formatDuration(high)}, most often ${formatDuration(a)} to ${formatDuration(b)}, ${failed === '' ? 'none failed' : failed}`
}
