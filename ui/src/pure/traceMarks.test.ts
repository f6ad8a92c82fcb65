import { expect, it } from 'vitest'
import { makeTrace, withRepeats } from './testdata/trace'
import { decodeTrace, KINDS, spanId, type TraceModel } from './trace'
import { bars } from './traceBars'
import { foldLabel, spanLabel } from './traceLabels'
import { listRows, outline } from './traceRows'
import { sortTable, spanTable } from './traceTable'
import { valuesByRow } from './traceValues'
import { wholeView } from './traceView'

type Line = { depth: number; kind: (typeof KINDS)[number]; service: number; start: number; duration: number; peer?: number }

function trace(lines: readonly Line[]): TraceModel {
  const base = makeTrace(lines.length, 'shop', 0)
  const depth = lines.map((l) => l.depth)
  return decodeTrace(withRepeats({
    ...base, duration_ns: lines[0].duration, critical_path: [], errors: [],
    spans: {
      ...base.spans, depth, parent: depth.map((d, i) => depth.slice(0, i).lastIndexOf(d - 1)), name: lines.map(() => 2), kind: lines.map((l) => KINDS.indexOf(l.kind)),
      service: lines.map((l) => l.service), start: lines.map((l) => l.start), duration: lines.map((l) => l.duration), class: lines.map(() => 0),
      peer_name: lines.map((l) => l.peer ?? 0), peer_type: lines.map((l) => l.peer ?? 0),
    },
  }))
}

function barsOf(t: TraceModel) {
  const o = outline(t.spans)
  const rows = listRows(t.spans, o, { collapsed: new Uint8Array(t.spans.count), open: new Uint8Array(o.folds.count), keep: null })
  return bars({ trace: t, folds: o.folds, rows, collapsed: new Uint8Array(t.spans.count), keep: null, hues: new Uint8Array(12), view: wholeView(t.duration), width: 1000, gutter: 0, rowHeight: 24, first: 0, last: rows.count })
}

it('shows the way there and back of a call that another service answered', () => {
  const call = { depth: 0, kind: 'client', service: 0, start: 0, duration: 1000 } as const
  const [answered] = barsOf(trace([call, { depth: 1, kind: 'server', service: 1, start: 100, duration: 700 }]))
  expect([answered.gap, answered.solid]).toEqual([[0, 100, 800, 1000], []])
  // Inner work below a call is no answer, and neither is a service that calls itself by other means.
  const [own] = barsOf(trace([call, { depth: 1, kind: 'internal', service: 0, start: 100, duration: 700 }]))
  expect([own.gap, own.solid]).toEqual([[], [0, 100, 800, 1000]])
  const [server] = barsOf(trace([{ ...call, kind: 'server' }, { depth: 1, kind: 'server', service: 1, start: 100, duration: 700 }]))
  expect(server.gap).toEqual([])
})

const queries = (step: number, peer: number): TraceModel =>
  trace([{ depth: 0, kind: 'server', service: 0, start: 0, duration: 1000 }, ...Array.from({ length: 8 }, (_, i): Line => ({ depth: 1, kind: 'client', service: 0, start: i * step, duration: 90, peer }))])

it('hints at calls of one store that wait for each other, and at no others', () => {
  const hint = (t: TraceModel) => foldLabel(t, t.outline.folds, 0).hint
  expect(hint(queries(100, 1))).toContain('8 times, one after another')
  expect(hint(queries(5, 1))).toBe('')
  expect(hint(queries(100, 0))).toBe('')
})

it('shows what a call talks to and what was called', () => {
  const t = queries(100, 1)
  expect([spanLabel(t, 0).glyph, spanLabel(t, 1).glyph]).toEqual(['service', 'database'])
})

it('sorts a table by any column, equal rows by name', () => {
  const rows = spanTable(decodeTrace(makeTrace(500, 'shop', 20)), 'status', null)
  expect(rows.map((r) => r.label)).toContain('ok')
  expect(rows.some((r) => r.label === 'fault 503')).toBe(true)
  const names = sortTable(rows, 'name', 'asc').map((r) => r.label)
  expect(names).toEqual([...names].sort())
  const counts = sortTable(rows, 'count', 'desc').map((r) => r.count)
  expect(counts).toEqual([...counts].sort((a, b) => b - a))
  expect(sortTable(rows, 'count', 'asc')[0].count).toBe(Math.min(...counts))
})

it('puts attributes to the rows that have them', () => {
  const t = decodeTrace(makeTrace(5))
  const found = [{ span_id: spanId(t.spans, 3), values: [null, { key: 'b', type: 'int' as const, value: '7' }] }, { span_id: spanId(t.spans, 1), values: [null, null] }]
  expect([...valuesByRow(t, found, ['a', 'b'])]).toEqual([[3, [{ key: 'b', value: '7' }]]])
})
