import { expect, it } from 'vitest'
import type { Alert, AlertRule, AlertTarget } from '../api/alerts'
import { brokenRules, choose, durationsOf, endedIn } from './alertPage'
import { alarmOf, alarmsOfDrawn, alarmsOfNodes, alertsOfService, formatValue, inScope, isAbout, otherLabels, pastOf, safeUrl, sortAlerts, toneOf, tracesOf } from './alerts'
import { countOf, shapeOf, shapesOf } from './alertShapes'
import { mapJson } from './mapJson'
import { buildScene } from './mapScene'
import { mapSvg } from './mapSvg'
import { asMap, makeEdge, makeNode } from './testdata/map'

const target = (t: Partial<AlertTarget> = {}): AlertTarget => ({ service: '', env: '', namespace: '', operation: '', node: '', node_type: '', ...t })
let count = 0
const alert = (t: Partial<AlertTarget>, change: Partial<Alert> = {}): Alert => ({
  id: `a${count++}`, rule: 'R', group: 'g', state: 'firing', severity: 'critical', labels: {}, annotations: {}, since: '2026-11-22T14:00:00Z', firing_since: '2026-11-22T14:02:00Z', ended: null, value: 1, query: 'up', target: target(t), ...change,
})

const nodes = [
  makeNode('cart', { name: 'cart', namespace: 'shop' }),
  makeNode('cart-test', { name: 'cart', env: 'test', namespace: 'shop' }),
  makeNode('cart-db', { name: 'cart-db', kind: 'inferred', type: 'Database::PostgreSQL' }),
  makeNode('cartq', { name: 'cart', kind: 'inferred', type: 'AWS::SQS::Queue' }),
  makeNode('fn', { name: 'cart', type: 'AWS::Lambda::Function', namespace: 'other' }),
  makeNode('client', { name: 'cart', kind: 'client', type: 'client', stats: null }),
]
const about = (t: Partial<AlertTarget>) => nodes.filter((n) => isAbout(target(t), n)).map((n) => n.id)

it('an alert is about the nodes that it names, by whole names', () => {
  expect(about({ service: 'cart' })).toEqual(['cart', 'cart-test', 'fn'])
  expect(about({ service: 'cart', env: 'test' })).toEqual(['cart-test'])
  expect(about({ service: 'cart', namespace: 'shop', env: 'prod' })).toEqual(['cart'])
  expect(about({ service: 'car' })).toEqual([])
  expect(about({ service: 'Cart' })).toEqual([])
  expect(about({ service: 'cart', env: 'staging' })).toEqual([])
  expect(about({})).toEqual([])
  expect(about({ env: 'prod' })).toEqual([])
})

it('a node is named with its type, or without it whatever is called so', () => {
  expect(about({ node: 'cart-db' })).toEqual(['cart-db'])
  expect(about({ node: 'cart', node_type: 'AWS::SQS::Queue' })).toEqual(['cartq'])
  expect(about({ node: 'cart' })).toEqual(['cart', 'cart-test', 'cartq', 'fn'])
  expect(about({ node: 'cart', node_type: 'client' })).toEqual(['client'])
  expect(about({ node: 'cart', node_type: 'service', env: 'prod' })).toEqual(['cart'])
  // A label that names a machine, as of Kubernetes, does not take the alert from its service.
  expect(about({ service: 'cart', node: 'ip-10-0-0-1', env: 'test' })).toEqual(['cart-test'])
})

it('what fires is louder than what waits, and a severity nobody knows is no whisper', () => {
  expect(['critical', 'PAGE', 'warning', '', 'p2', 'info'].map(toneOf)).toEqual(['critical', 'critical', 'warning', 'warning', 'warning', 'info'])
  const alerts = [alert({}, { rule: 'old', since: '2026-11-22T10:00:00Z', firing_since: '2026-11-22T10:00:00Z' }), alert({}, { rule: 'wait', state: 'pending', firing_since: null }), alert({}, { rule: 'new' }), alert({}, { rule: 'info', severity: 'info' }), alert({}, { rule: 'over', state: 'resolved', ended: '2026-11-22T14:30:00Z' })]
  expect(sortAlerts(alerts).map((a) => a.rule)).toEqual(['new', 'old', 'info', 'wait', 'over'])
  const alarm = alarmOf(alerts.slice(0, 4), false)
  expect(alarm).toMatchObject({ firing: 3, pending: 1, tone: 'critical', words: '3 alerts firing: new (critical), old (critical), info (info); 1 alert pending: wait (critical)' })
  expect(alarm && [shapeOf(alarm), countOf(alarm)]).toEqual(['critical', 3])
  const waits = alarmOf([alerts[1]], false)
  expect(waits && [shapeOf(waits), countOf(waits), waits.words]).toEqual(['pending', 1, '1 alert pending: wait (critical)'])
  expect(alarmOf([], false)).toBeNull()
})

it('of a past time what fired in it counts, of now nothing that is over', () => {
  const over = alert({ service: 'cart', env: 'test' }, { state: 'resolved', ended: '2026-11-22T14:30:00Z' })
  const waited = alert({ service: 'cart', env: 'test' }, { state: 'resolved', firing_since: null, ended: '2026-11-22T14:30:00Z' })
  expect(alarmsOfNodes([over, waited], nodes, false).size).toBe(0)
  expect(alarmsOfNodes([over, waited], nodes, true).get('cart-test')).toMatchObject({ firing: 1, pending: 1, words: '1 alert fired: R (critical); 1 alert pending: R (critical)' })
  const now = Date.parse('2026-11-22T15:00:00Z')
  expect(pastOf({ from: 'now-1h', to: 'now' }, now)).toBeNull()
  expect(pastOf({ from: 'now-2h', to: 'now-1h' }, now)).not.toBeNull()
  expect(pastOf({ from: String(now - 9e5), to: String(now) }, now)).toBeNull()
  expect(pastOf({ from: String(now - 9e5), to: String(now - 6e4) }, now)).not.toBeNull()
})

it('a group has the alerts of its members, each once; the filter keeps what has any', () => {
  const map = asMap(nodes, [makeEdge('cart', 'cart-db')])
  const byNode = alarmsOfNodes([alert({ service: 'cart' }), alert({ service: 'cart', env: 'test' }, { state: 'pending', severity: 'info' }), alert({ node: 'cart-db' }, { severity: 'warning' })], map.nodes, false)
  expect([...byNode].map(([id, a]) => [id, a.firing, a.pending])).toEqual([['cart', 1, 0], ['cart-test', 1, 1], ['cart-db', 1, 0], ['fn', 1, 0]])
  const options = { open: new Set<string>(), hops: 1, errorsOnly: false }
  for (const [group, box, firing, pending] of [['namespace', 'namespace:shop', 1, 1], ['env', 'env:prod', 2, 0]] as const) {
    const scene = buildScene(map, { ...options, group })
    expect(alarmsOfDrawn(scene.nodes, byNode, false).get(box)).toMatchObject({ firing, pending })
  }
  const scene = buildScene(map, { ...options, alerted: new Set(byNode.keys()) })
  expect([scene.nodes.map((n) => n.id), scene.edges.length]).toEqual([['cart', 'cart-test', 'cart-db', 'fn'], 1])
  expect(shapesOf([...byNode.values()])).toEqual(['critical', 'warning'])
})

it('pictures and files of the map have them', () => {
  const map = asMap(nodes, [])
  const scene = buildScene(map, { open: new Set(), hops: 1, errorsOnly: false, focus: 'cart-db' })
  const byNode = alarmsOfNodes([alert({ node: 'cart-db' }, { rule: 'Slow<' }), alert({ service: 'cart' })], map.nodes, false)
  expect(mapJson(map, scene, byNode).alerts.map((a) => a.rule)).toEqual(['Slow<'])
  const colour = '#123456'
  const palette = { bg: colour, surface: colour, text: colour, text2: colour, text3: colour, line: colour, edge: colour, accent: colour, worse: colour, better: colour, ok: colour, error: colour, throttle: colour, fault: '#ff0000' }
  const { svg } = mapSvg(scene.nodes, [], new Map([['cart-db', { x: 0, y: 0, r: 30 }]]), [], palette, 'Map', false, undefined, alarmsOfDrawn(scene.nodes, byNode, false))
  expect(svg).toContain('<title>1 alert firing: Slow&lt; (critical)</title>')
  expect(svg).toContain('fill="#ff0000"')
})

it('a service has its own, whatever the environment where none is chosen', () => {
  const all = [alert({ service: 'cart', env: 'test' }), alert({ service: 'cart' }), alert({ service: 'cart2' }), alert({ node: 'cart', node_type: 'AWS::SQS::Queue' })]
  expect(alertsOfService(all, 'cart', 'service', undefined, undefined)).toEqual(all.slice(0, 2))
  expect(alertsOfService(all, 'cart', 'service', 'prod', 'shop')).toEqual([all[1]])
  expect(all.map((a) => inScope(a, 'prod', undefined))).toEqual([false, true, true, true])
})

it('leads to traces from a little before until it ended', () => {
  const now = Date.parse('2026-11-22T15:00:00Z')
  const from = String(Date.parse('2026-11-22T13:55:00Z'))
  expect(tracesOf(alert({ service: 'cart', env: 'prod', operation: 'GET /a b' }), now)).toEqual({ q: 'service = cart and env = prod and name = "GET /a b"', range: { from, to: 'now' } })
  expect(tracesOf(alert({ node: 'db@x', node_type: 'Database::MySQL' }, { ended: '2026-11-22T14:30:00Z' }), now)).toEqual({ q: 'peer = "db@x"', range: { from, to: String(Date.parse('2026-11-22T14:30:00Z')) } })
  expect(tracesOf(alert({ env: 'prod' }), now)).toBeNull()
})

it('what has ended is told once, and narrowed by rule, service and state', () => {
  const live = [alert({ service: 'cart' })]
  const over = alert({ node: 'db' }, { rule: 'S', state: 'resolved', ended: '2026-11-22T14:30:00Z' })
  const again = { ...live[0], state: 'resolved' as const, since: '2026-11-22T12:00:00Z', ended: '2026-11-22T12:30:00Z' }
  const all = endedIn(live, [live[0], over, again])
  expect(all).toHaveLength(3)
  expect(choose(all, { state: 'ended' })).toEqual([over, again])
  expect(choose(all, { rule: 'S' })).toEqual([over])
  expect(choose(all, { service: 'db' })).toEqual([over])
  expect(choose(all, { service: 'cart', state: 'firing' })).toEqual(live)
})

it('says values, durations and labels briefly', () => {
  expect([0.12345, 1.5, 1234.5, 123456, 0, -0.5, null].map(formatValue)).toEqual(['0.123', '1.5', '1234.5', '123k', '0', '-0.5', '–'])
  const rule: AlertRule = { name: 'R', kind: 'alerting', query: '', for_s: 90, keep_firing_for_s: 3600, state: 'inactive', health: 'err', error: 'x', labels: {}, annotations: {}, last_evaluation: null, evaluation_ms: 0 }
  expect(durationsOf(rule)).toBe('for 1m30s, kept for 1h')
  const group = { name: 'g', file: 'f', interval_s: 15, last_evaluation: null, evaluation_ms: 0, rules: [rule, { ...rule, health: 'ok' as const }] }
  expect(brokenRules([group])).toEqual([{ group, rule }])
  expect(otherLabels(alert({}, { labels: { severity: 'x', service: 'cart', target_node: 'db', zone: 'b', alertname: 'R', client: 'web' } }))).toEqual([['client', 'web'], ['zone', 'b']])
  expect(['https://a.example/x', 'javascript:alert(1)', undefined].map(safeUrl)).toEqual(['https://a.example/x', null, null])
})
