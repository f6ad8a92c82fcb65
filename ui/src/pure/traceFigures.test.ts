import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace } from './trace'
import { bars, rowAt, type BarsInput } from './traceBars'
import { boxAt, eachVisible, flameMerged, flameOverTime } from './traceFlame'
import { eachRun, LANES, minimap } from './traceMinimap'
import { listRows, outline } from './traceRows'
import { criticalGroups, criticalSegments, quantile, spanTable } from './traceTable'
import { wholeView } from './traceView'

const trace = decodeTrace(makeTrace(2000))
const o = outline(trace.spans)
const collapsed = new Uint8Array(trace.spans.count)
const rows = listRows(trace.spans, o, { collapsed, open: new Uint8Array(o.folds.count), keep: null })
const hues = Uint8Array.from(trace.services, (_, i) => i)

function input(change: Partial<BarsInput> = {}): BarsInput {
  return { trace, folds: o.folds, rows, collapsed, keep: null, hues, view: wholeView(trace.duration), width: 1000, gutter: 0, rowHeight: 24, first: 0, last: 40, ...change }
}

test('bars lie where their time is, never thinner than 1.5 px', () => {
  for (const bar of bars(input({ last: rows.count }))) {
    if (bar.row < 0) continue
    expect(bar.x0).toBeCloseTo((trace.spans.start[bar.row] / trace.duration) * 1000)
    expect(bar.x1 - bar.x0).toBeGreaterThanOrEqual(1.5 - 1e-6)
    for (let i = 0; i < bar.solid.length; i += 2) {
      expect(bar.solid[i]).toBeGreaterThanOrEqual(bar.x0 - 1e-6)
      expect(bar.solid[i + 1]).toBeLessThanOrEqual(bar.x1 + 1e-6)
    }
  }
})

test('the duration stands beside the bar, never over it', () => {
  for (const bar of bars(input({ last: rows.count }))) {
    if (bar.text === '') continue
    if (bar.textEnds) expect(bar.textX).toBeLessThanOrEqual(bar.x0)
    else expect(bar.textX).toBeGreaterThanOrEqual(bar.x1)
  }
})

test('a leaf is all self time; a collapsed span carries the critical path of what it hides', () => {
  const leaf = bars(input({ last: rows.count })).find((b) => b.row >= 0 && trace.spans.descendants[b.row] === 0)
  expect(leaf?.solid).toEqual([leaf?.x0, leaf?.x1])
  const closed = collapsed.slice()
  closed[0] = 1
  const only = listRows(trace.spans, o, { collapsed: closed, open: new Uint8Array(o.folds.count), keep: null })
  const [root] = bars(input({ rows: only, collapsed: closed }))
  const [plain] = bars(input())
  const length = (xs: readonly number[]) => xs.reduce((a, x, i) => a + (i % 2 === 0 ? -x : x), 0)
  expect(length(root.critical)).toBeGreaterThanOrEqual(length(plain.critical))
  expect(length(root.critical)).toBeGreaterThan(900)
})

test('rows are found by height', () => {
  expect(rowAt(25, 24, 10, 100)).toBe(11)
  expect(rowAt(25, 24, 99, 100)).toBe(-1)
})

test('the minimap has at most width × 24 cells and paints failures last', () => {
  const big = decodeTrace(makeTrace(20_000, 'deep', 50))
  const map = minimap(big.spans, hues, big.duration, 300, null)
  expect(map.cells.length).toBeLessThanOrEqual(300 * LANES)
  let failed = 0
  let runs = 0
  eachRun(map, (_lane, x0, x1, hue, bad) => {
    runs++
    if (bad) failed++
    expect(x1).toBeGreaterThan(x0)
    expect(hue).toBeGreaterThanOrEqual(0)
  })
  expect(failed).toBeGreaterThan(0)
  expect(runs).toBeLessThanOrEqual(300 * LANES)
})

test('over time, children lie below their parent and parallel siblings do not overlap', () => {
  const flame = flameOverTime(trace)
  for (let i = 1; i < flame.count; i++) expect(flame.lane[i]).toBeGreaterThan(flame.lane[flame.parent[i]])
})

test('merged, children fit under their parent and self times add up', () => {
  const flame = flameMerged(trace)
  const sum = trace.spans.self.reduce((a, b) => a + b, 0)
  const roots = Array.from(flame.parent).flatMap((p, b) => (p < 0 ? [flame.x1[b] - flame.x0[b]] : []))
  expect(roots.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 0)
  expect(flame.calls.reduce((a, b) => a + b, 0)).toBe(trace.spans.count)
  for (let b = 0; b < flame.count; b++) {
    const p = flame.parent[b]
    if (p < 0) continue
    expect(flame.x0[b]).toBeGreaterThanOrEqual(flame.x0[p] - 1)
    expect(flame.x1[b]).toBeLessThanOrEqual(flame.x1[p] + 1)
  }
  expect(boxAt(flame, 0, (flame.x0[0] + flame.x1[0]) / 2, 0)).toBe(0)
})

test('a flame paints a bounded number of boxes', () => {
  const flame = flameOverTime(decodeTrace(makeTrace(50_000, 'shop', 0)))
  let painted = 0
  eachVisible(flame, 0, 1e9, 800, 0, 40, () => painted++)
  expect(painted).toBeLessThan(800 * 41)
})

test('the span table adds up to the trace', () => {
  for (const by of ['service', 'operation', 'kind'] as const) {
    const table = spanTable(trace, by, null)
    expect(table.reduce((a, r) => a + r.count, 0)).toBe(trace.spans.count)
    expect(table.reduce((a, r) => a + r.errors, 0)).toBe(trace.errors.length)
    for (const r of table) expect(r.p50).toBeLessThanOrEqual(r.p95)
  }
  expect(quantile(Float64Array.from([1, 2, 3, 4]), 0.5)).toBe(2)
})

test('critical segments are in order of time and cover what the server said', () => {
  const segments = criticalSegments(trace)
  expect(segments.reduce((a, s) => a + s.end - s.start, 0)).toBeCloseTo(trace.criticalNs, 0)
  for (let i = 1; i < segments.length; i++) expect(segments[i].start).toBeGreaterThanOrEqual(segments[i - 1].start)
  const groups = criticalGroups(trace, segments)
  expect(groups.reduce((a, g) => a + g.share, 0)).toBeCloseTo(1, 1)
})
