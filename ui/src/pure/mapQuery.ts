// From a selection on the map to the text of a trace search.
import type { Class, MapEdge, MapNode } from '../api/types'
import { isTraceQL } from './query'
import type { Nanos } from './units'

export interface Pick {
  /** durations [low, high] in ns; empty for all */
  readonly ranges: readonly (readonly [Nanos, Nanos])[]
  readonly classes: readonly Class[]
  /** the name of an operation, or '' for all */
  readonly operation: string
}

export const NOTHING_PICKED: Pick = { ranges: [], classes: [], operation: '' }

const CLASSES: readonly Class[] = ['ok', 'error', 'throttle', 'fault']

/** A pick out of the URL's lists; what is no range or class is left out. */
export function readPick(dur: readonly string[] | undefined, how: readonly string[] | undefined, op: string | undefined): Pick {
  const ranges = (dur ?? []).flatMap((t) => {
    const m = /^(\d{1,16})-(\d{1,16})$/.exec(t)
    return m && Number(m[1]) < Number(m[2]) ? [[Number(m[1]), Number(m[2])] as const] : []
  })
  return { ranges, classes: readClasses(how), operation: op ?? '' }
}

export function readClasses(how: readonly string[] | undefined): readonly Class[] {
  return CLASSES.filter((c) => how?.includes(c) === true)
}

/** The reverse of readPick; undefined where nothing is chosen. */
export function printPick(pick: Pick): { dur: string[] | undefined; how: string[] | undefined; op: string | undefined } {
  return {
    dur: pick.ranges.length > 0 ? pick.ranges.map(([a, b]) => `${Math.round(a)}-${Math.round(b)}`) : undefined,
    how: pick.classes.length > 0 ? [...pick.classes] : undefined,
    op: pick.operation === '' ? undefined : pick.operation,
  }
}

/** The type of a client that is a test: a canary of CloudWatch Synthetics, or another monitor. */
const SYNTHETIC = 'Client::Synthetic'

/** Traces that touched a node. A range or a class asks the node's own requests, as its figures do. */
export function nodeQuery(node: MapNode, pick: Pick, severalEnvs: boolean): string {
  const env = severalEnvs && node.env !== '' ? [`env = ${quote(node.env)}`] : []
  if (node.kind === 'client') return [...entry(node), ...env, ...picked(pick)].join(' and ')
  if (node.kind === 'inferred') return [...peer(node), ...env, ...picked(pick)].join(' and ')
  const own = pick.ranges.length > 0 || pick.classes.length > 0 || pick.operation !== '' ? ['(kind = server or kind = consumer)'] : []
  return [`service = ${quote(node.name)}`, ...env, ...own, ...picked(pick)].join(' and ')
}

/** Requests that a client began: of a test all that name it, of the others those that name none. */
function entry(client: MapNode): string[] {
  return ['root', 'kind = server', ...(client.type === SYNTHETIC ? peer(client) : [`service = ${quote(client.name)}`, `not peer.type = ${quote(SYNTHETIC)}`])]
}

const peer = (node: MapNode) => [`peer = ${quote(node.name)}`, `peer.type = ${quote(node.type)}`]

/**
 * Traces in which a connection was travelled. What one span tells is asked in the short form, for which the page can do most; between two
 * that send spans it takes both, and TraceQL.
 */
export function edgeQuery(edge: MapEdge, source: MapNode, target: MapNode, pick: Pick, severalEnvs: boolean): string {
  const env = severalEnvs && target.env !== '' ? [`env = ${quote(target.env)}`] : []
  if (source.kind === 'client') return [...entry(source), ...(source.type === SYNTHETIC ? [`service = ${quote(target.name)}`] : []), ...env, ...picked(pick)].join(' and ')
  if (source.kind === 'service' && target.kind === 'inferred') {
    return [`service = ${quote(source.name)}`, '(kind = client or kind = producer)', ...peer(target), ...env, ...picked(pick)].join(' and ')
  }
  return edgeSets(edge, source, target, pick, severalEnvs)
}

/** The same in TraceQL, for any connection. */
export function edgeSets(edge: MapEdge, source: MapNode, target: MapNode, pick: Pick, severalEnvs: boolean): string {
  const at = severalEnvs && target.env !== '' ? [`(resource.deployment.environment.name = ${text(target.env)} || resource.deployment.environment = ${text(target.env)})`] : []
  const of = (node: MapNode) => [`resource.service.name = ${text(node.name)}`, ...at]
  const to = (node: MapNode) => [`span:peer = ${text(node.name)}`, `span:peerType = ${text(node.type)}`]
  const set = (...all: string[]) => `{ ${all.join(' && ')} }`
  const chosen = pickedSets(pick)
  if (source.kind === 'client') {
    return set('nestedSetParent < 0', 'kind = server', ...of(target), ...(source.type === SYNTHETIC ? to(source) : [`!(span:peerType = ${text(SYNTHETIC)})`]), ...chosen)
  }
  if (target.kind === 'inferred') return set(...of(source), '(kind = client || kind = producer)', ...to(target), ...chosen)
  if (source.kind === 'inferred') {
    // A queue sends no spans. Who takes from it names it, or who sent does.
    return `${set(...of(target), 'kind = consumer', ...to(source), ...chosen)} || (${set('kind = producer', ...to(source))} > ${set(...of(target), 'kind != client && kind != producer', ...chosen)})`
  }
  if (edge.async) return `${set(...of(source), 'kind = producer')} > ${set(...of(target), 'kind != client && kind != producer', ...chosen)}`
  // The figures are the caller's. A call that nobody answered is the callee's all the same, if it names it: by its host, with a port or a
  // domain behind it.
  const host = `span:peer =~ ${text(`${target.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}([.:].*)?`)}`
  return `(${set(...of(target), 'kind != client && kind != producer')} < ${set(...of(source), 'kind != producer', ...chosen)}) || ${set(...of(source), 'kind = client', host, ...chosen)}`
}

function pickedSets(pick: Pick): string[] {
  const out: string[] = []
  if (pick.operation !== '') out.push(`name = ${text(pick.operation)}`)
  const within = pick.ranges.map(([a, b]) => `duration >= ${duration(a)} && duration <= ${duration(b)}`)
  if (within.length === 1) out.push(within[0])
  if (within.length > 1) out.push(`(${within.map((w) => `(${w})`).join(' || ')})`)
  const classes = pick.classes.map((c) => `span:class = ${text(c)}`)
  if (classes.length === 1) out.push(classes[0])
  if (classes.length > 1 && classes.length < 4) out.push(`(${classes.join(' || ')})`)
  return out
}

/** A text of TraceQL. */
const text = (value: string) => `"${escaped(value)}"`

function picked(pick: Pick): string[] {
  const out: string[] = []
  if (pick.operation !== '') out.push(`name = ${quote(pick.operation)}`)
  const within = pick.ranges.map(([a, b]) => `duration >= ${duration(a)} and duration <= ${duration(b)}`)
  if (within.length === 1) out.push(within[0])
  if (within.length > 1) out.push(`(${within.map((w) => `(${w})`).join(' or ')})`)
  if (pick.classes.length === 1) out.push(`class = ${pick.classes[0]}`)
  if (pick.classes.length > 1 && pick.classes.length < 4) out.push(`(${pick.classes.map((c) => `class = ${c}`).join(' or ')})`)
  return out
}

/** More alternatives than this make a query nobody reads. */
const ALTERNATIVES = 8

/** Traces that used one of several connections, the busiest of them where there are many. */
export function edgesQuery(edges: readonly { readonly edge: MapEdge; readonly source: MapNode; readonly target: MapNode }[], pick: Pick, severalEnvs: boolean): string {
  const busiest = [...edges].sort((a, b) => b.edge.stats.requests - a.edge.stats.requests).slice(0, ALTERNATIVES)
  const each = [...new Set(busiest.map((e) => edgeQuery(e.edge, e.source, e.target, NOTHING_PICKED, severalEnvs)))]
  if (each.some(isTraceQL)) {
    return [...new Set(busiest.map((e) => edgeSets(e.edge, e.source, e.target, pick, severalEnvs)))].map((q) => (busiest.length > 1 ? `(${q})` : q)).join(' || ')
  }
  return [each.length === 1 ? each[0] : `(${each.map((q) => `(${q})`).join(' or ')})`, ...picked(pick)].join(' and ')
}

/** Requests that a pick leaves of a histogram, for "View N traces"; classes scale it by their share. */
export function countPicked(histogram: readonly (readonly [Nanos, Nanos, number])[], counts: Readonly<Record<Class, number>>, pick: Pick): number {
  const all = counts.ok + counts.error + counts.throttle + counts.fault
  const ofClasses = pick.classes.length === 0 ? all : pick.classes.reduce((sum, c) => sum + counts[c], 0)
  if (pick.ranges.length === 0 || all <= 0) return ofClasses
  const inside = histogram.reduce((sum, [a, b, n]) => {
    const covered = pick.ranges.reduce((c, [low, high]) => c + Math.max(0, Math.min(b, high) - Math.max(a, low)), 0)
    return sum + (n * Math.min(covered, b - a)) / Math.max(1, b - a)
  }, 0)
  return (inside * ofClasses) / all
}

/** A value of the filter language: bare when it is a plain word, else quoted. */
export function quote(value: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(value) && !/^(and|or|not|exists)$/i.test(value)
    ? value
    : `"${escaped(value)}"`
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')
}

/** Three digits and a unit, as a person would type it. */
export function duration(ns: Nanos): string {
  const units: readonly (readonly [number, string])[] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'us'], [1, 'ns']]
  for (const [size, unit] of units) {
    if (ns >= size) return `${Number((ns / size).toPrecision(3))}${unit}`
  }
  return '0ms'
}
