import { expect, test } from 'vitest'
import type { TraceChildren } from '../api/types'
import { makeTrace } from './testdata/trace'
import { decodeTrace, spanId, type TraceModel, type TraceWire } from './trace'
import { withChildren } from './traceMore'
import { collapseAll, openAtFirst } from './traceOpen'
import { listRows, moreOf, type Shown } from './traceRows'

/** What a server answers with some of the rows: kept ones, each with its parents, or all from one row on. */
function cut(wire: TraceWire, keep: (row: number) => boolean): Pick<TraceWire, 'spans' | 'repeats' | 'critical_path' | 'errors'> {
  const rows = wire.spans.id.map((_, i) => i).filter(keep)
  const at = new Map(rows.map((r, i) => [r, i]))
  const pick = <T>(column: readonly T[]): T[] => rows.map((r) => column[r])
  const below = (r: number) => rows.filter((o) => o > r && o <= r + wire.spans.descendants[r]).length
  const spans = Object.fromEntries(Object.entries(wire.spans).map(([key, column]) => [key, pick<string | number>(column)])) as unknown as TraceWire['spans']
  return {
    spans: { ...spans, parent: pick(wire.spans.parent).map((p) => at.get(p) ?? -1), descendants: rows.map(below), hidden: rows.map((r) => wire.spans.descendants[r] - below(r)) },
    repeats: wire.repeats.map((r) => ({ ...r, parent: at.get(r.parent) ?? -1, first: at.get(r.first) ?? -1, last: at.get(r.last) ?? -1 })),
    critical_path: wire.critical_path.flatMap((s) => (at.has(s.span) ? [{ ...s, span: at.get(s.span) ?? 0 }] : [])),
    errors: wire.errors.flatMap((e) => at.get(e) ?? []),
  }
}

/** The answer about a row: itself and children from a number on. */
function childrenOf(wire: TraceWire, row: number, from: number, limit: number): TraceChildren {
  const kids = wire.spans.id.map((_, i) => i).filter((i) => wire.spans.parent[i] === row)
  const page = new Set([row, ...kids.slice(from, from + limit)])
  const next = from + limit < kids.length ? from + limit : null
  return { trace_id: wire.trace_id, start: wire.start, services: wire.services, dict: wire.dict, children: kids.length, next, ...cut(wire, (i) => page.has(i)) }
}

/** What must be the same whether a trace came at once or in parts. */
function facts(t: TraceModel) {
  const { spans } = t
  return Array.from({ length: spans.count }, (_, i) => [
    spanId(spans, i), spans.parent[i] < 0 ? '' : spanId(spans, spans.parent[i]), spans.depth[i], spans.start[i], spans.duration[i], spans.self[i], t.services[spans.service[i]].name, t.names[spans.name[i]],
    spans.klass[i], spans.origin[i], spans.descendants[i], spans.hidden[i], spans.subtreeEnd[i], t.critical.offset[i + 1] - t.critical.offset[i],
    t.repeats[spans.repeat[i]]?.first_id,
  ].join(' '))
}

test('a trace that came in parts is the trace that came at once', () => {
  const wire = makeTrace(400)
  const whole = decodeTrace(wire)
  const few = cut(wire, (i) => wire.spans.depth[i] < 2)
  let t = decodeTrace({ ...wire, ...few, focus: 0, truncated: { kept: few.spans.id.length, total: 400 } })
  for (let steps = 0; steps < 2000; steps++) {
    const row = t.outline.more?.findIndex((n) => n > 0) ?? -1
    if (row < 0) break
    const id = spanId(t.spans, row)
    const source = wire.spans.id.indexOf(id)
    for (let from: number | null = 0; from !== null;) {
      const part = childrenOf(wire, source, from, 3)
      t = withChildren(t, part)
      from = part.next
    }
  }
  expect(t.truncated).toBeNull()
  expect(t.spans.count).toBe(400)
  expect(facts(t).sort()).toEqual(facts(whole).sort())
  expect(Array.from(t.errors, (i) => spanId(t.spans, i)).sort()).toEqual(Array.from(whole.errors, (i) => spanId(whole.spans, i)).sort())
})

test('names and services of a part find theirs, and a start of its own is moved', () => {
  const wire = makeTrace(60)
  const few = cut(wire, (i) => wire.spans.depth[i] < 1)
  const t = decodeTrace({ ...wire, ...few, focus: 0, truncated: { kept: 1, total: 60 } })
  const part = childrenOf(wire, 0, 0, 99)
  const names = [...part.dict.name].reverse()
  const turned: TraceChildren = {
    ...part,
    start: (BigInt(part.start) - 5n).toString(),
    dict: { ...part.dict, name: names },
    spans: { ...part.spans, start: part.spans.start.map((s) => s + 5), name: part.spans.name.map((n) => names.length - 1 - n) },
  }
  expect(facts(withChildren(t, turned))).toEqual(facts(withChildren(t, part)))
  expect(withChildren(withChildren(t, part), part)).toEqual(withChildren(t, part))
})

test('what was left out has a row below the span, after what is here', () => {
  const wire = makeTrace(200, 'wide', 0)
  const few = cut(wire, (i) => i < 4)
  const t = decodeTrace({ ...wire, ...few, focus: 0, truncated: { kept: 4, total: 200 } })
  const shown: Shown = { collapsed: new Uint8Array(4), open: new Uint8Array(0), keep: null }
  const rows = listRows(t.spans, t.outline, shown)
  expect(Array.from(rows.at)).toEqual([0, 1, 2, 3, ~t.outline.folds.count])
  expect(rows.level[4]).toBe(1)
  expect(moreOf(t.outline.folds, rows.at[4])).toBe(0)
  expect(t.outline.more?.[0]).toBe(196)
  expect(listRows(t.spans, t.outline, collapseAll(shown, t.spans)).count).toBe(1)
  expect(listRows(t.spans, t.outline, openAtFirst(t, t.outline, 0)).count).toBe(5)
})
