/** Rate, errors, duration: the three figures that every list and page of services shows, and how they changed. */
import type { Apdex, Series, ServiceRow, Stats } from '../api/types'

/** "Failed", on every page: the share of requests that were not ok, which are errors (4xx), throttles (429) and faults (5xx). */
export function failedShare(s: Stats | null): number {
  return s !== null && s.requests > 0 ? (s.error + s.throttle + s.fault) / s.requests : 0
}

export function faultShare(s: Stats): number {
  return s.requests > 0 ? s.fault / s.requests : 0
}

/** The share of requests of a class, step by step; 0 where there was none. */
export function shareSeries(series: Series, which: 'error' | 'throttle' | 'fault'): number[] {
  return series[which].map((n, i) => {
    const all = series.ok[i] + series.error[i] + series.throttle[i] + series.fault[i]
    return all > 0 ? n / all : 0
  })
}

/** What failed as shares of the requests of each step, and the top of their scale: a small one, but not so small that noise fills it. */
export function failedSpark(row: { requests: readonly number[]; failed: readonly number[] }): { values: number[]; max: number; loud: boolean } {
  const values = row.failed.map((f, i) => (row.requests[i] > 0 ? f / row.requests[i] : 0))
  const top = Math.max(0, ...values)
  return { values, max: Math.max(0.05, top), loud: top >= 0.01 }
}

/** Percentiles of steps without a request are no zero but nothing. */
export function gaps(series: readonly number[]): (number | null)[] {
  return series.map((v) => (v > 0 ? v : null))
}

/** What operations can be sorted by, and services, which are deployed. */
export type FigureKey = 'name' | 'rate' | 'fault' | 'error' | 'p50' | 'p95' | 'p99' | 'apdex'
export type SortKey = FigureKey | 'deployed'
export type SortDir = 'asc' | 'desc'

/** The order in which a column is sorted when it is chosen first. */
export function firstDir(key: SortKey): SortDir {
  return key === 'name' || key === 'apdex' ? 'asc' : 'desc' // the least satisfied first
}

type Sortable = { name: string; stats: Stats; apdex?: Apdex | null; deployed?: { at: string } | null }

function figure(row: Sortable, key: SortKey): number {
  switch (key) {
    case 'name':
      return 0
    case 'deployed':
      return Date.parse(row.deployed?.at ?? '') || 0
    case 'rate':
      return row.stats.rate
    case 'fault':
      return faultShare(row.stats)
    case 'error':
      return failedShare(row.stats)
    case 'p50':
      return row.stats.p50_ns
    case 'p95':
      return row.stats.p95_ns
    case 'p99':
      return row.stats.p99_ns
    case 'apdex':
      return row.apdex?.score ?? 2 // who had no requests is no cause for worry
  }
}

/** Sorted by a column; equal rows by name, so that nothing jumps while live. */
export function sortRows<T extends Sortable>(rows: readonly T[], key: SortKey, dir: SortDir): T[] {
  const sign = dir === 'asc' ? 1 : -1
  return [...rows].sort((a, b) => {
    const by = figure(a, key) - figure(b, key)
    if (by !== 0) return sign * by
    const names = a.name < b.name ? -1 : a.name > b.name ? 1 : 0
    return key === 'name' ? sign * names : names
  })
}

/** Rows whose name, namespace, environment, team, type or running version has every word. */
export function filterRows(rows: readonly ServiceRow[], text: string): ServiceRow[] {
  const words = text.toLowerCase().split(/\s+/).filter((w) => w !== '')
  if (words.length === 0) return [...rows]
  return rows.filter((r) => {
    const all = `${r.name} ${r.namespace} ${r.env} ${teamOf(r)} ${r.type} ${r.deployed?.version ?? r.versions[0]?.name ?? ''}`.toLowerCase()
    return words.every((w) => all.includes(w))
  })
}

/** Who owns a service; empty where nobody said. */
export function teamOf(row: { name: string; team?: string }): string {
  return row.team ?? ''
}

export const GROUPINGS = ['namespace', 'team', 'env'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** A list in groups: a head, then its rows. */
export type GroupHead = { kind: 'group'; name: string; count: number; rate: number; failed: number }
export type ListItem = GroupHead | { kind: 'row'; row: ServiceRow }

/** In the order of the names of groups; the rows keep theirs. Those without the property come last. */
export function groupRows(rows: readonly ServiceRow[], by: Grouping | undefined): ListItem[] {
  if (by === undefined) return rows.map((row) => ({ kind: 'row', row }))
  const groups = new Map<string, ServiceRow[]>()
  for (const row of rows) {
    const name = by === 'team' ? teamOf(row) : row[by]
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [row])
    else group.push(row)
  }
  const names = [...groups.keys()].sort((a, b) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
  return names.flatMap((name) => {
    const members = groups.get(name) ?? []
    const requests = members.reduce((sum, r) => sum + r.stats.requests, 0)
    const failed = members.reduce((sum, r) => sum + r.stats.error + r.stats.throttle + r.stats.fault, 0)
    const head: GroupHead = { kind: 'group', name, count: members.length, rate: members.reduce((sum, r) => sum + r.stats.rate, 0), failed: requests > 0 ? failed / requests : 0 }
    return [head, ...members.map((row): ListItem => ({ kind: 'row', row }))]
  })
}

export function rowKey(row: { name: string; env: string; namespace: string; type: string }): string {
  return [row.namespace, row.env, row.type, row.name].join('\0')
}

export type Change = { share: number; tone: 'worse' | 'better' | 'same' }

/**
 * How a figure changed against the time before; null where there is nothing to compare. It gets a tone only where more is
 * worse, from a fifth on, and where the larger of the two reaches `floor`, because doubling next to nothing is no news.
 */
export function changeOf(now: number, before: number | undefined, up: 'worse' | 'neutral', floor = 0): Change | null {
  if (before === undefined || !Number.isFinite(before) || before <= 0) return null
  const share = now / before - 1
  if (up === 'neutral' || Math.abs(share) < 0.2 || Math.max(now, before) < floor) return { share, tone: 'same' }
  return { share, tone: share > 0 ? 'worse' : 'better' }
}

/** A short name for a type: `AWS::ECS::Container` is `ECS`, `Database::PostgreSQL` is `PostgreSQL`. */
export function typeLabel(type: string): string {
  const parts = type.split('::')
  if (parts[0] === 'AWS' && parts.length >= 2) return parts[1]
  if (type === 'service' || type === '') return ''
  return parts[parts.length - 1]
}
