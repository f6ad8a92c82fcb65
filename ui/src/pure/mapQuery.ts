// From a selection on the map to the text of a trace search.
import type { Class, MapEdge, MapNode } from '../api/types'
import type { Nanos } from './units'

export interface Pick {
  /** durations [low, high] in ns, or null for all */
  readonly range: readonly [Nanos, Nanos] | null
  readonly classes: readonly Class[]
}

export const NOTHING_PICKED: Pick = { range: null, classes: [] }

/** Traces that touched a node. A range or a class asks the node's own requests, as its figures do. */
export function nodeQuery(node: MapNode, pick: Pick, severalEnvs: boolean): string {
  const env = severalEnvs && node.env !== '' ? [`env = ${quote(node.env)}`] : []
  if (node.kind === 'client') return [...env, `root and service = ${quote(node.name)}`, ...picked(pick)].join(' and ')
  if (node.kind === 'inferred') return [`peer = ${quote(node.name)}`, `peer.type = ${quote(node.type)}`, ...env, ...picked(pick)].join(' and ')
  const own = pick.range !== null || pick.classes.length > 0 ? ['(kind = server or kind = consumer)'] : []
  return [`service = ${quote(node.name)}`, ...env, ...own, ...picked(pick)].join(' and ')
}

/** Traces that used a connection: the caller's own spans towards the callee. */
export function edgeQuery(edge: MapEdge, source: MapNode, target: MapNode, pick: Pick, severalEnvs: boolean): string {
  if (source.kind === 'client') return nodeQuery({ ...target, kind: target.kind }, pick, severalEnvs)
  if (source.kind === 'inferred') {
    // A queue has no spans of its own: what came out of it are the consumer's.
    return [`service = ${quote(target.name)}`, 'kind = consumer', ...picked(pick)].join(' and ')
  }
  const kind = edge.async ? ['kind = producer'] : ['kind = client']
  const peer = target.kind === 'inferred' ? [`peer = ${quote(target.name)}`, `peer.type = ${quote(target.type)}`] : [...kind, `peer = ${quote(target.name)}`]
  return [`service = ${quote(source.name)}`, ...peer, ...picked(pick)].join(' and ')
}

function picked(pick: Pick): string[] {
  const out: string[] = []
  if (pick.range !== null) out.push(`duration >= ${duration(pick.range[0])}`, `duration <= ${duration(pick.range[1])}`)
  if (pick.classes.length === 1) out.push(`class = ${pick.classes[0]}`)
  if (pick.classes.length > 1 && pick.classes.length < 4) out.push(`(${pick.classes.map((c) => `class = ${c}`).join(' or ')})`)
  return out
}

/** Requests that a pick leaves of a histogram, for "View N traces"; classes scale it by their share. */
export function countPicked(histogram: readonly (readonly [Nanos, Nanos, number])[], counts: Readonly<Record<Class, number>>, pick: Pick): number {
  const all = counts.ok + counts.error + counts.throttle + counts.fault
  const ofClasses = pick.classes.length === 0 ? all : pick.classes.reduce((sum, c) => sum + counts[c], 0)
  if (pick.range === null || all <= 0) return ofClasses
  const [low, high] = pick.range
  const inside = histogram.reduce((sum, [a, b, n]) => {
    const width = Math.max(1, b - a)
    return sum + n * Math.max(0, Math.min(b, high) - Math.max(a, low)) / width
  }, 0)
  return (inside * ofClasses) / all
}

/** A value of the filter language: bare when it is a plain word, else quoted. */
export function quote(value: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(value) && !/^(and|or|not|exists)$/i.test(value)
    ? value
    : `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`
}

/** Three digits and a unit, as a person would type it. */
export function duration(ns: Nanos): string {
  const units: readonly (readonly [number, string])[] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'us'], [1, 'ns']]
  for (const [size, unit] of units) {
    if (ns >= size) return `${Number((ns / size).toPrecision(3))}${unit}`
  }
  return '0ms'
}
