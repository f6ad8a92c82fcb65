import { describe, expect, it, test } from 'vitest'
import type { Attribute, SpanDetail } from '../api/types'
import { makeTrace, seeded, withRepeats } from './testdata/trace'
import { decodeTrace, eachChild, type TraceModel, type TraceWire } from './trace'
import { attributeClause, attributeDiff, attributeGroups } from './traceAttributes'
import { CHANGES, changeBetween, deltasOf, headlineOf, signedDuration, signedShare, summaryOf, verdict } from './traceDelta'
import { diffTraces, matchLists, type TraceDiff } from './traceDiff'

/** A trace from lines "depth name[!] ms": starts follow each other. */
function tree(text: string): TraceModel {
  const lines = text.trim().split('\n').map((l) => l.trim().split(' '))
  const base = makeTrace(lines.length, 'shop', 0)
  const names = [...new Set(lines.map((l) => l[1].replace('!', '')))]
  const depth = lines.map((l) => Number(l[0]))
  const duration = lines.map((l) => Number(l[2] ?? 10) * 1e6)
  return decodeTrace(withRepeats({
    ...base,
    duration_ns: duration[0],
    dict: { ...base.dict, name: names },
    spans: {
      ...base.spans, depth, duration,
      parent: depth.map((d, i) => depth.slice(0, i).lastIndexOf(d - 1)),
      name: lines.map((l) => names.indexOf(l[1].replace('!', ''))),
      service: lines.map(() => 0), kind: lines.map(() => 1),
      class: lines.map((l) => (l[1].endsWith('!') ? 3 : 0)),
      start: lines.map((_, i) => i * 10), self: duration,
    },
  }))
}

const whole = (trace: TraceModel) => ({ trace, top: -1 })
const diffOf = (a: TraceModel, b: TraceModel) => diffTraces(whole(a), whole(b))

function told(d: TraceDiff): string[] {
  return Array.from(d.rows.a, (a, i) => '.'.repeat(d.rows.depth[i]) + d.names[d.rows.name[i]] + (a < 0 ? ' new' : d.rows.b[i] < 0 ? ' gone' : ''))
}

describe('the merged tree', () => {
  it('tells what is new and what is gone, in its place', () => {
    const a = tree('0 root\n1 auth\n1 load\n2 sql\n1 render')
    const b = tree('0 root\n1 load\n2 cache\n2 sql\n1 retry\n2 sql\n1 render')
    expect(told(diffOf(a, b))).toEqual(['root', '.auth gone', '.load', '..cache new', '..sql', '.retry new', '..sql new', '.render'])
  })

  it('matches repeated siblings in order, so that the one in the middle is the new one', () => {
    const a = tree('0 root\n1 x 5\n1 y 5\n1 x 5')
    const b = tree('0 root\n1 x 5\n1 x 5\n1 y 5\n1 x 5')
    expect(told(diffOf(a, b)).filter((r) => r.endsWith('new'))).toHaveLength(1)
  })

  it('takes calls side by side for the same whatever their order', () => {
    const a = tree('0 root\n1 p\n1 q\n1 r')
    const b = tree('0 root\n1 r\n1 q\n1 p')
    expect(told(diffOf(a, b)).sort()).toEqual(['.p', '.q', '.r', 'root'])
  })

  it('keeps apart what has another root', () => {
    expect(told(diffOf(tree('0 one\n1 x'), tree('0 two\n1 x')))).toEqual(['one gone', '.x gone', 'two new', '.x new'])
  })

  it('compares the subtrees of two spans from their own starts', () => {
    const a = tree('0 root\n1 job 20\n2 sql 10')
    const b = tree('0 other\n1 before\n1 job 40\n2 sql 10')
    const [sa, sb] = [{ trace: a, top: 1 }, { trace: b, top: 2 }]
    const d = diffTraces(sa, sb)
    expect(told(d)).toEqual(['job', '.sql'])
    expect(Array.from(d.rows.start)).toEqual([0, 10])
    expect(d.duration).toBe(40e6)
    expect(summaryOf(d, deltasOf(d, sa, sb), sa, sb)).toMatchObject({ before: 20e6, after: 40e6 })
  })

  it('folds repeats of either side', () => {
    const d = diffOf(tree(`0 root\n${'1 q\n'.repeat(3)}`), tree(`0 root\n${'1 q\n'.repeat(48)}`))
    expect(d.outline.folds.count).toBe(1)
    expect(d.outline.folds.members).toHaveLength(48)
  })
})

/** Takes some subtrees out of a wire trace and renames some spans: another run of the same request. */
function mutated(wire: TraceWire, seed: number): TraceModel {
  const random = seeded(seed)
  const s = wire.spans
  const gone = new Set<number>()
  s.id.forEach((_, i) => {
    if (i > 0 && (gone.has(s.parent[i]) || random() < 0.03)) gone.add(i)
  })
  const kept = s.id.map((_, i) => i).filter((i) => !gone.has(i))
  const at = new Map(kept.map((i, k) => [i, k]))
  const columns = Object.fromEntries(Object.entries(s).map(([name, column]) => [name, kept.map((i) => (column as unknown[])[i])])) as TraceWire['spans']
  return decodeTrace({
    ...wire,
    spans: { ...columns, parent: kept.map((i) => at.get(s.parent[i]) ?? -1), name: columns.name.map((n) => (random() < 0.05 ? (n + 1) % 10 : n)), duration: columns.duration.map((d) => (random() < 0.2 ? d * 2 : d)) },
    critical_path: [], errors: [], focus: 0,
  })
}

function expectWhole(d: TraceDiff, a: TraceModel, b: TraceModel): void {
  const sorted = (column: Int32Array) => Array.from(column).filter((r) => r >= 0).sort((x, y) => x - y)
  expect(sorted(d.rows.a)).toEqual(Array.from({ length: a.spans.count }, (_, i) => i))
  expect(sorted(d.rows.b)).toEqual(Array.from({ length: b.spans.count }, (_, i) => i))
  const kids = new Int32Array(d.rows.count)
  for (let i = 0; i < d.rows.count; i++) {
    const p = d.rows.parent[i]
    expect(p).toBeLessThan(i)
    if (p >= 0) {
      kids[p]++
      // A pair stands below the pair of its parents.
      if (d.rows.a[i] >= 0) expect(d.rows.a[p]).toBe(a.spans.parent[d.rows.a[i]])
      if (d.rows.b[i] >= 0) expect(d.rows.b[p]).toBe(b.spans.parent[d.rows.b[i]])
    }
    if (d.rows.a[i] >= 0 && d.rows.b[i] >= 0) {
      const name = (t: TraceModel, r: number) => `${t.services[t.spans.service[r]].name} ${t.names[t.spans.name[r]]} ${t.spans.kind[r]}`
      expect(name(a, d.rows.a[i])).toBe(name(b, d.rows.b[i]))
    }
  }
}

describe.each(['shop', 'deep', 'wide'] as const)('random %s traces', (shape) => {
  it.each([1, 2, 3, 4])('have every span of both in exactly one row, seed %i', (seed) => {
    const wire = makeTrace(400 + seed * 150, shape, 50, seed)
    const a = decodeTrace(wire)
    expectWhole(diffOf(a, mutated(wire, seed)), a, mutated(wire, seed))
    const other = decodeTrace(makeTrace(300, shape, 20, seed + 90))
    expectWhole(diffOf(a, other), a, other)
  })

  it('do not differ from themselves', () => {
    const t = decodeTrace(makeTrace(3000, shape))
    const d = diffOf(t, t)
    expect(Array.from(d.rows.a)).toEqual(Array.from(d.rows.b))
    expect(d.rows.count).toBe(3000)
    const deltas = deltasOf(d, whole(t), whole(t))
    expect(deltas.differing.every((x) => x === 0)).toBe(true)
    expect(summaryOf(d, deltas, whole(t), whole(t))).toMatchObject({ slower: [], faster: [], added: [], removed: [], failing: [], differing: 0 })
  })
})

test('lists too long for a table are matched by kind and turn', () => {
  const t = decodeTrace(makeTrace(20_000, 'wide', 0))
  const kids: number[] = []
  eachChild(t.spans, 0, (c) => kids.push(c))
  const keys = Int32Array.from(t.spans.name)
  const pairs = matchLists(kids, kids.slice(1).reverse(), keys, keys)
  expect(pairs).toHaveLength(kids.length)
  expect(pairs.every(([x, y]) => x < 0 || y < 0 || keys[x] === keys[y])).toBe(true)
})

test('two traces of 100,000 spans are laid over each other', { timeout: 60_000 }, () => {
  const wire = makeTrace(100_000)
  const [a, b] = [decodeTrace(wire), mutated(wire, 5)]
  const d = diffOf(a, b)
  const summary = summaryOf(d, deltasOf(d, whole(a), whole(b)), whole(a), whole(b))
  // How long it may take is a budget: browser/trace.perf.ts.
  expect(summary.differing).toBeGreaterThan(0)
  expect(d.rows.count).toBeGreaterThanOrEqual(Math.max(a.spans.count, b.spans.count))
})

describe('figures of a comparison', () => {
  const a = tree('0 root 100\n1 sql 10\n1 auth 5\n1 pay 20')
  const b = tree('0 root 400\n1 sql 200\n1 retry 30\n1 pay! 20')
  const [sa, sb] = [whole(a), whole(b)]
  const d = diffOf(a, b)
  const deltas = deltasOf(d, sa, sb)
  const changes = () => Array.from(deltas.change, (c, i) => `${d.names[d.rows.name[i]]} ${CHANGES[c]}`)

  it('names each row’s change', () => {
    expect(changes()).toEqual(['root slower', 'sql slower', 'auth removed', 'retry added', 'pay same'])
    expect(Array.from(deltas.outcome)).toEqual([0, 0, 0, 0, 1])
    expect(Array.from(deltas.differing)).toEqual([5, 1, 1, 1, 1])
    expect(deltas.duration[1]).toBe(190e6)
  })

  it('sums by operation what got slower, is new, gone, or fails', () => {
    const s = summaryOf(d, deltas, sa, sb)
    const names = (list: readonly { name: number }[]) => list.map((o) => d.names[o.name])
    expect([names(s.slower), names(s.added), names(s.removed), names(s.failing)]).toEqual([['root', 'sql'], ['retry'], ['auth'], ['pay']])
    expect(s).toMatchObject({ before: 100e6, after: 400e6, differing: 5 })
  })

  it('says in words what the second is', () => {
    const words = (x: TraceModel, y: TraceModel) => Object.values(headlineOf(whole(x), whole(y))).join(' ')
    const bad = { ...b, klass: 'fault' as const }
    const good = { ...a, klass: 'ok' as const }
    expect(words(good, bad)).toBe('fails and is 300 ms slower (×4) than A')
    expect(words(bad, good)).toBe('no longer fails and is 300 ms faster (−75 %) than A')
    expect(words(good, good)).toBe('is as long as A')
  })

  it('takes small changes for noise', () => {
    expect(changeBetween(100, 105, 1000)).toBe('same')
    expect(changeBetween(1, 4, 1000)).toBe('same')
    expect(changeBetween(100, 150, 1000)).toBe('slower')
    expect(changeBetween(150, 100, 1000)).toBe('faster')
  })

  it('always writes the sign', () => {
    expect([signedDuration(2e6), signedDuration(-2e6), signedDuration(0)].map((t) => t[0])).toEqual(['+', '−', '±'])
    expect([signedShare(100, 150), signedShare(100, 50), signedShare(100, 100), signedShare(0, 5), signedShare(1, 12)]).toEqual(['+50 %', '−50 %', '±0 %', '', '×12'])
    expect(verdict(100e6, 400e6)).toBe('300 ms slower (×4)')
    expect(verdict(100e6, 100e6)).toBe('as long')
    expect(verdict(100e6, 101e6)).toBe('no more than 1 ms slower')
  })
})

describe('attributes of two spans', () => {
  const attribute = (key: string, value: string, type: Attribute['type'] = 'string'): Attribute => ({ key, type, value })
  const span = (attributes: Attribute[], message = ''): SpanDetail => ({
    trace_id: '', span_id: '', parent_id: '', name: '', service: '', service_type: '', env: '', namespace: '', version: '', kind: '', class: 'ok', status: '', status_message: message, start: '0', duration_ns: 0,
    in_progress: false, weight: 1, trace_state: '', flags: 0, peer: null, attributes, dropped_attributes: 0, resource: { attributes: [attribute('host.name', 'h')], schema_url: '', dropped_attributes: 0 },
    scope: { name: '', version: '', schema_url: '', attributes: [], dropped_attributes: 0 }, events: [], links: [], dropped_events: 0, dropped_links: 0, linked_from: [],
  })
  it('come with what differs first', () => {
    const [own, resource] = attributeDiff(span([attribute('a', '1'), attribute('b', '2'), attribute('c', '3')]), span([attribute('a', '1'), attribute('b', '2', 'int'), attribute('d', '4')], 'boom'))
    expect(own.pairs.map((p) => `${p.key} ${p.change}`)).toEqual(['b changed', 'c removed', 'd added', 'status.message added', 'a same'])
    expect(resource.pairs.map((p) => p.change)).toEqual(['same'])
  })
  it('of a span that only one trace has are all added or removed', () => {
    expect(attributeDiff(null, span([attribute('a', '1')]))[0].pairs.map((p) => p.change)).toEqual(['added'])
    expect(attributeDiff(span([attribute('a', '1')]), null)[0].pairs.map((p) => p.change)).toEqual(['removed'])
  })
  it('are grouped by the first word, pinned ones first', () => {
    const list = ['http.route', 'http.method', 'db.system', 'db.name', 'db.user', 'peer', 'one.alone', 'net.a', 'net.b'].map((k) => attribute(k, 'v'))
    const told = (groups: ReturnType<typeof attributeGroups>) => groups.map((g) => `${g.title}: ${g.list.map((a) => a.key).join(' ')}`)
    expect(told(attributeGroups(list, '', '', ['peer']))).toEqual(['Pinned: peer', 'http: http.route http.method', 'db: db.system db.name db.user', 'net: net.a net.b', 'Others: one.alone'])
    expect(told(attributeGroups(list, '', 'DB.', []))).toEqual(['db: db.system db.name db.user'])
    expect(told(attributeGroups(list.slice(0, 3), 'resource.', '', ['resource.db.system']))).toEqual(['Pinned: db.system', 'Others: http.route http.method'])
    expect(attributeGroups(list, '', 'nothing', [])).toEqual([])
  })
  it('are searched by their own type', () => {
    expect(attributeClause('', attribute('http.route', '/a b'))).toBe('http.route = "/a b"')
    expect(attributeClause('resource.', attribute('n', '42', 'int'))).toBe('resource.n = 42')
    expect(attributeClause('', attribute('n', '42'))).toBe('n = "42"')
    expect(attributeClause('', attribute('n', 'true'))).toBe('n = "true"')
    expect(attributeClause('', attribute('n', 'true', 'bool'))).toBe('n = true')
    expect(attributeClause('', attribute('n', 'a*'))).toBe('n = "a\\*"')
    expect(attributeClause('', attribute('n', '', 'empty'))).toBe('exists n')
  })
})
