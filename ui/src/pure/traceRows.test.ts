import { expect, test } from 'vitest'
import { makeTrace, withRepeats } from './testdata/trace'
import { CLASSES, decodeTrace, rowOfSpan, spanId, transferables, type TraceWire } from './trace'
import { expandAll, keepMask, openAtFirst, reveal, toggle } from './traceOpen'
import { ancestorRows, listRows, nearestRow, outline, parentRow, rowIndexOf, type Shown } from './traceRows'

/** Builds a wire trace from lines "depth name[!]": the smallest way to say a tree. */
function tree(text: string): TraceWire {
  const lines = text.trim().split('\n').map((l) => l.trim().split(' '))
  const base = makeTrace(lines.length, 'shop', 0)
  const names = [...new Set(lines.map((l) => l[1].replace('!', '')))]
  const depth = lines.map((l) => Number(l[0]))
  const parent = depth.map((d, i) => depth.slice(0, i).lastIndexOf(d - 1))
  const failing = lines.flatMap((l, i) => (l[1].endsWith('!') ? [i] : []))
  return withRepeats({
    ...base,
    dict: { ...base.dict, name: names },
    errors: failing,
    focus: failing[0] ?? 0,
    spans: {
      ...base.spans, parent, depth,
      name: lines.map((l) => names.indexOf(l[1].replace('!', ''))),
      service: lines.map(() => 0), kind: lines.map(() => 1), peer_name: lines.map(() => 0), peer_type: lines.map(() => 0),
      class: lines.map((l) => (l[1].endsWith('!') ? 3 : 0)),
      start: lines.map((_, i) => i * 10),
      duration: lines.map(() => 5),
    },
  })
}

function show(wire: TraceWire, change: (s: Shown) => Shown = (s) => s): string[] {
  const trace = decodeTrace(wire)
  const o = outline(trace.spans)
  const all: Shown = { collapsed: new Uint8Array(trace.spans.count), open: new Uint8Array(o.folds.count), keep: null }
  const rows = listRows(trace.spans, o, change(all))
  return Array.from(rows.at, (r, i) => {
    const pad = '.'.repeat(rows.level[i])
    if (r >= 0) return pad + trace.names[trace.spans.name[r]]
    const f = ~r
    return `${pad}${trace.names[trace.spans.name[o.folds.members[o.folds.offset[f]]]]}*${o.folds.offset[f + 1] - o.folds.offset[f]}`
  })
}

const repeated = `0 root\n1 a\n${'1 q\n2 x\n'.repeat(3)}1 b\n${'1 q\n'.repeat(4)}1 c`

test('more than five siblings of one name fold into one row where the first stood', () => {
  expect(show(tree(repeated))).toEqual(['root', '.a', '.q*7', '.b', '.c'])
})

test('an open fold lists its members one level deeper, with their children', () => {
  const rows = show(tree(repeated), (s) => ({ ...s, open: s.open.map(() => 1) }))
  expect(rows).toEqual(['root', '.a', '.q*7', '..q', '...x', '..q', '...x', '..q', '...x', '..q', '..q', '..q', '..q', '.b', '.c'])
})

test('five siblings of one name do not fold', () => {
  expect(show(tree(`0 root\n${'1 q\n'.repeat(5)}`))).toHaveLength(6)
})

test('a collapsed span hides its subtree only', () => {
  const wire = tree('0 root\n1 a\n2 b\n3 c\n1 d')
  expect(show(wire, (s) => ({ ...s, collapsed: Uint8Array.from([0, 1, 0, 0, 0]) }))).toEqual(['root', '.a', '.d'])
})

test('filtering keeps ancestors and shows a few fold members plainly', () => {
  const wire = tree(repeated)
  const rows = show(wire, (s) => {
    const t = decodeTrace(wire)
    const match = new Uint8Array(t.spans.count)
    match[3] = 1 // the first x, below the first q
    return { ...s, keep: keepMask(t.spans, match) }
  })
  expect(rows).toEqual(['root', '.q', '..x'])
})

test('a failing trace opens with the way to its focus', () => {
  const wire = tree(`0 root\n${'1 q\n2 y\n'.repeat(9)}1 q\n2 boom!\n1 z`)
  const t = decodeTrace(wire)
  const o = outline(t.spans)
  const shown = openAtFirst(t, o, t.focus)
  const rows = listRows(t.spans, o, shown)
  expect(rowIndexOf(rows, t.focus)).toBeGreaterThan(0)
})

test('a healthy large trace opens with at most 500 rows', () => {
  const t = decodeTrace(makeTrace(20_000, 'shop', 0))
  const o = outline(t.spans)
  const rows = listRows(t.spans, o, openAtFirst(t, o, 0))
  expect(rows.count).toBeLessThanOrEqual(500)
  expect(listRows(t.spans, o, expandAll({ collapsed: new Uint8Array(t.spans.count), open: new Uint8Array(o.folds.count).fill(1), keep: null })).count)
    .toBe(t.spans.count + o.folds.count)
})

test('every span is listed exactly once when everything is open', () => {
  for (const shape of ['shop', 'deep', 'wide'] as const) {
    const t = decodeTrace(makeTrace(3000, shape))
    const o = outline(t.spans)
    const rows = listRows(t.spans, o, { collapsed: new Uint8Array(3000), open: new Uint8Array(o.folds.count).fill(1), keep: null })
    const spans = Array.from(rows.at).filter((r) => r >= 0)
    expect(new Set(spans).size).toBe(3000)
    for (let i = 0; i < rows.count; i++) {
      if (rows.level[i] > 0) expect(rows.level[parentRow(rows, i)]).toBeLessThan(rows.level[i])
    }
  }
})

test('reveal, toggle and the nearest row agree', () => {
  const t = decodeTrace(tree('0 root\n1 a\n2 b\n3 c\n1 d'))
  const o = outline(t.spans)
  let shown: Shown = { collapsed: new Uint8Array(5), open: new Uint8Array(0), keep: null }
  shown = toggle(shown, t.spans, o, 1, false, false)
  let rows = listRows(t.spans, o, shown)
  expect(nearestRow(rows, t.spans, o.folds, 3)).toBe(1)
  shown = reveal(shown, t.spans, o, 3)
  rows = listRows(t.spans, o, shown)
  expect(rowIndexOf(rows, 3)).toBe(3)
  expect(ancestorRows(rows, 3, 3)).toEqual([0, 1, 2])
  expect(ancestorRows(rows, 3, 2)).toEqual([1, 2])
})

test('decoding survives broken parents, keeps ids and can be transferred', () => {
  const wire = makeTrace(4)
  const t = decodeTrace({ ...wire, spans: { ...wire.spans, id: ['00000000ffffffff', 'ffffffff00000000', '8000000080000001', '0000000000000003'], parent: [-1, 3, 1, 99] } })
  expect(Array.from(t.spans.parent)).toEqual([-1, -1, 1, -1])
  expect(spanId(t.spans, 2)).toBe('8000000080000001')
  expect(rowOfSpan(t.spans, 'FFFFFFFF00000000')).toBe(1)
  expect(rowOfSpan(t.spans, 'nope')).toBe(-1)
  expect(new Set(transferables(t)).size).toBe(transferables(t).length)
  expect(CLASSES[t.spans.klass[0]]).toBeDefined()
})

test('100,000 spans are outlined and listed within the frame budget of a slow machine', () => {
  const t = decodeTrace(makeTrace(100_000))
  const from = performance.now()
  const o = outline(t.spans)
  listRows(t.spans, o, { collapsed: new Uint8Array(t.spans.count), open: new Uint8Array(o.folds.count).fill(1), keep: null })
  expect(performance.now() - from).toBeLessThan(1000)
})
