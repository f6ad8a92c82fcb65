// From a selection on the map to the text of a trace search.
import type { Class, MapEdge, MapNode } from '../api/types'
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

/** Traces that touched a node. A range or a class asks the node's own requests, as its figures do. */
export function nodeQuery(node: MapNode, pick: Pick, severalEnvs: boolean): string {
  const env = severalEnvs && node.env !== '' ? [`env = ${quote(node.env)}`] : []
  if (node.kind === 'client') return [...env, `root and service = ${quote(node.name)}`, ...picked(pick)].join(' and ')
  if (node.kind === 'inferred') return [`peer = ${quote(node.name)}`, `peer.type = ${quote(node.type)}`, ...env, ...picked(pick)].join(' and ')
  const own = pick.ranges.length > 0 || pick.classes.length > 0 || pick.operation !== '' ? ['(kind = server or kind = consumer)'] : []
  return [`service = ${quote(node.name)}`, ...env, ...own, ...picked(pick)].join(' and ')
}

/** Callers name a service by its host: with a port, or a domain behind it. */
const HOSTS = [':*', '.*'] as const

/** Traces that used a connection: the caller's own spans towards the callee. */
export function edgeQuery(edge: MapEdge, source: MapNode, target: MapNode, pick: Pick, severalEnvs: boolean): string {
  if (source.kind === 'client') return nodeQuery({ ...target, kind: target.kind }, pick, severalEnvs)
  if (source.kind === 'inferred') {
    // A queue has no spans of its own: what came out of it are the consumer's.
    return [`service = ${quote(target.name)}`, 'kind = consumer', ...picked(pick)].join(' and ')
  }
  const kind = edge.async ? ['kind = producer'] : ['kind = client']
  const peer = target.kind === 'inferred' ? [`peer = ${quote(target.name)}`, `peer.type = ${quote(target.type)}`] : [...kind, `(${[`peer = ${quote(target.name)}`, ...HOSTS.map((end) => `peer = "${escaped(target.name)}${end}"`)].join(' or ')})`]
  return [`service = ${quote(source.name)}`, ...peer, ...picked(pick)].join(' and ')
}

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
