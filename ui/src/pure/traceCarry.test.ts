import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace, spanId, type TraceModel, type TraceWire } from './trace'
import { carryFold, carryLine, carryRow, carryShown, carryView } from './traceCarry'
import { expandAll, openAtFirst, toggle } from './traceOpen'
import { listRows, type Shown } from './traceRows'

const wire = makeTrace(800, 'shop', 60)

/** The same trace as it was before some of its spans had come. */
function earlier(every: number): TraceModel {
  const s = wire.spans
  const gone = new Set<number>()
  s.id.forEach((_, i) => {
    if (i > 0 && (gone.has(s.parent[i]) || i % every === 0)) gone.add(i)
  })
  const kept = s.id.map((_, i) => i).filter((i) => !gone.has(i))
  const at = new Map(kept.map((i, k) => [i, k]))
  const columns = Object.fromEntries(Object.entries(s).map(([name, column]) => [name, kept.map((i) => (column as unknown[])[i])])) as TraceWire['spans']
  return decodeTrace({ ...wire, in_progress: true, spans: { ...columns, parent: kept.map((i) => at.get(s.parent[i]) ?? -1) }, critical_path: [], errors: [], focus: 0 })
}

const now = decodeTrace(wire)
const rowsOf = (t: TraceModel, s: Shown) => listRows(t.spans, t.outline, s)

test('rows are found again by their ids', () => {
  const before = earlier(9)
  expect(before.spans.count).toBeLessThan(now.spans.count)
  for (let i = 0; i < before.spans.count; i += 17) expect(spanId(now.spans, carryRow(before, i, now))).toBe(spanId(before.spans, i))
  expect(carryRow(now, 9, before)).toBe(-1)
  expect(carryRow(before, -1, now)).toBe(-1)
})

test('what was opened and closed stays so, and what is new is as at a first look', () => {
  const before = earlier(9)
  let shown = openAtFirst(before, before.outline, 0)
  const parents = Array.from({ length: before.spans.count }, (_, i) => i).filter((i) => before.spans.descendants[i] > 0)
  for (const i of parents) shown = toggle(shown, before.spans, before.outline, i, i % 3 !== 0, false)
  const carried = carryShown(before, shown, now)
  for (const i of parents) expect(carried.collapsed[carryRow(before, i, now)]).toBe(shown.collapsed[i])
  expect(carried.collapsed).toHaveLength(now.spans.count)
})

test('an open fold stays open and is found by its members', () => {
  const before = earlier(400)
  const fold = before.outline.folds.count - 1
  expect(fold).toBeGreaterThanOrEqual(0)
  const shown = toggle(openAtFirst(before, before.outline, 0), before.spans, before.outline, ~fold, true, false)
  const there = carryFold(before, ~fold, now)
  expect(there).not.toBeNull()
  expect(carryShown(before, shown, now).open[~(there ?? -1)]).toBe(1)
})

test('the row at the top of the window stays there', () => {
  const before = earlier(9)
  const old = rowsOf(before, expandAll(expandAll(openAtFirst(before, before.outline, 0))))
  const rows = rowsOf(now, expandAll(expandAll(openAtFirst(now, now.outline, 0))))
  const line = carryLine(before, old, 40, now, rows)
  expect(line).toBeGreaterThanOrEqual(0)
  expect(old.at[40]).toBeGreaterThanOrEqual(0)
  expect(spanId(now.spans, rows.at[line])).toBe(spanId(before.spans, old.at[40]))
  expect(carryLine(before, old, 0, now, rows)).toBe(0)
})

test('the same moments stay in view, and the whole trace stays whole', () => {
  const before = { start: '1000', duration: 1000 }
  expect(carryView({ from: 200, to: 500 }, before, { start: '900', duration: 1500 })).toEqual({ from: 300, to: 600 })
  expect(carryView({ from: 0, to: 1000 }, before, { start: '900', duration: 1500 })).toEqual({ from: 0, to: 1500 })
})
