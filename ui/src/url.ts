/**
 * The one codec between the URL and what a page shows. The URL is the whole view state: each page declares its
 * parameters here, reads them typed from the router, and never keeps a second copy. Defaults stay out of the URL,
 * unknown parameters are dropped, and values that cannot be read fall back and are named as problems.
 */
import type { BrushParam } from './pure/brush'
import { SENDERS } from './pure/senders'
import { DEFAULT_RANGE, type Range, resolveTime } from './pure/time'
import { GROUPINGS, TABLE_FIGURES } from './pure/traceTable'

/** One parameter: `read` gives undefined where the text is no value of it. Printing goes by the value's type, see printValue. */
export type Param<T> = { read: (text: string) => T | undefined }

type Params = Record<string, Param<unknown>>
export type SearchOf<P extends Params> = { [K in keyof P]?: P[K] extends Param<infer T> ? T : never }

export const text = (max = 4000): Param<string> => ({
  read: (t) => (t !== '' && t.length <= max ? t : undefined),
})

export const oneOf = <const T extends string>(...values: readonly T[]): Param<T> => ({
  read: (t) => values.find((v) => v === t),
})

export const flag: Param<boolean> = {
  read: (t) => (t === '1' || t === 'true' ? true : undefined),
}

export const integer = (min: number, max: number): Param<number> => ({
  read: (t) => (/^-?\d{1,15}$/.test(t) && Number(t) >= min && Number(t) <= max ? Number(t) : undefined),
})

/** Texts separated by commas; a comma inside a value is written `%2C` before the URL's own encoding. */
export const list: Param<string[]> = {
  read: (t) => {
    const values = t.split(',').filter((v) => v !== '')
    return values.length > 0 ? values.map((v) => v.replaceAll('%2C', ',').replaceAll('%25', '%')) : undefined
  },
}

/** Two integers, `from,to`, such as a zoomed part of a trace in nanoseconds. */
export const pair: Param<[number, number]> = {
  read: (t) => {
    const m = /^(\d{1,16}),(\d{1,16})$/.exec(t)
    return m && Number(m[1]) < Number(m[2]) ? [Number(m[1]), Number(m[2])] : undefined
  },
}

/** Four integers: a box on the latency chart, see pure/brush.ts. */
const box: Param<BrushParam> = {
  read: (t) => {
    const m = /^(\d{1,14}),(\d{1,14}),(\d{1,16}),(\d{1,16})$/.exec(t)
    if (m === null) return undefined
    const sides: BrushParam = [Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4])]
    return sides.some((s) => s > 0) ? sides : undefined
  },
}

const moment: Param<string> = {
  read: (t) => (resolveTime(t, 0) === null ? undefined : t),
}

/** On every page. */
const shared = { from: moment, to: moment, env: text(200), namespace: text(200), live: flag }

export const SORTS = ['name', 'rate', 'fault', 'error', 'p50', 'p95', 'p99', 'apdex'] as const

export const PAGES = {
  map: {
    ...shared, focus: text(400), hops: integer(1, 10), errors: flag, alerts: flag, sel: text(2000), view: oneOf('map', 'list'), open: list,
    group: oneOf('none', 'namespace', 'team', 'env', 'type', 'name'), size: oneOf('traffic', 'latency', 'constant'), colour: oneOf('health', 'latency', 'change'),
    /** hosts outside of the system */
    external: oneOf('off'),
    /** the earlier time that is compared with: the window before, a day or a week earlier */
    cmp: oneOf('prev', '1d', '7d'),
    /** nodes with requests that ended in one of these ways stand out */
    mark: list,
    /** the moment in view, ms since 1970 */
    t: integer(0, 1e14),
    pane: oneOf('dependencies'),
    /** chosen durations, each `low-high` in ns */
    dur: list,
    /** chosen ways to end */
    how: list,
    /** a chosen operation */
    op: text(400),
  },
  traces: {
    ...shared, q: text(), view: oneOf('spans'), facets: oneOf('off'), chart: oneOf('scatter', 'heatmap', 'off'), brush: box, sort: oneOf('duration', 'errors', 'spans'),
    /** attributes as facets of their own, and groups that are not as they are by default */
    pins: list, open: list,
    /** columns of the span list */
    cols: list,
    /** what is compared with what; `find` and `ids` choose the cards */
    cmp: oneOf('brush', 'failed'), base: oneOf('before', 'week', 'query'), bq: text(), find: text(200), ids: flag,
    /** the trace beside the list, and those marked for comparing */
    peek: text(40), mark: list,
  },
  trace: {
    ...shared, span: text(40), view: oneOf('timeline', 'flame', 'table', 'map', 'events', 'critical', 'json'), flame: oneOf('merged'), zoom: pair, q: text(), show: oneOf('all', 'match', 'errors', 'critical'), hide: list, start: text(40), end: text(40), tab: text(40), skew: oneOf('off'),
    /** a trace of a file that is open in this page */
    file: flag,
    /** attributes that stand in the timeline */
    cols: list,
    /** the span table */
    by: oneOf(...GROUPINGS), sort: oneOf('name', ...TABLE_FIGURES), dir: oneOf('asc', 'desc'),
  },
  compare: { ...shared, span: text(40), show: oneOf('changes'), panel: oneOf('off'), attributes: oneOf('all'), sa: text(16), sb: text(16), /** of a file that is open in this page */ fa: flag, fb: flag },
  services: { ...shared, q: text(200), group: oneOf('namespace', 'team', 'env'), sort: oneOf(...SORTS, 'deployed'), dir: oneOf('asc', 'desc') },
  service: { ...shared, tab: oneOf('operations', 'dependencies', 'deployments', 'instances', 'exceptions', 'traces'), op: text(400), kind: text(40), sort: oneOf(...SORTS), dir: oneOf('asc', 'desc') },
  exceptions: { ...shared, q: text(200), service: text(200), sort: oneOf('last_seen', 'first_seen'), sel: text(16) },
  alerts: { ...shared, rule: text(400), service: text(200), state: oneOf('firing', 'pending', 'ended') },
  settings: { ...shared, tab: oneOf('retention', 'delete', 'keys', 'endpoints', 'appearance') },
  status: { ...shared },
  /** `with` is how to send, `service` what the sender will call itself */
  start: { ...shared, with: oneOf(...SENDERS), service: text(64) },
} as const

export type Page = keyof typeof PAGES
/** Pages of what is, not of what was: without a time range. */
export const TIMELESS: readonly Page[] = ['settings', 'start', 'status']
export type SearchFor<P extends Page> = SearchOf<(typeof PAGES)[P]>
export type SharedSearch = SearchOf<typeof shared>

/** Reads a page's parameters; `raw` is what readSearch gave or an already typed search. */
export function decode<P extends Page>(page: P, raw: Record<string, unknown>): { search: SearchFor<P>; problems: string[] } {
  const out: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [name, param] of Object.entries<Param<unknown>>(PAGES[page])) {
    const given = raw[name]
    if (given === undefined || given === null || given === '') continue
    const value = param.read(typeof given === 'string' ? given : printValue(given))
    if (value === undefined) problems.push(`${name}=${printValue(given)}`)
    else out[name] = value
  }
  if (out.from === DEFAULT_RANGE.from && (out.to ?? DEFAULT_RANGE.to) === DEFAULT_RANGE.to) {
    delete out.from
    delete out.to
  }
  // Each value was made by the parameter of its own name.
  return { search: out as SearchFor<P>, problems }
}

/** Values by their type alone, because the router prints a search without knowing its page. */
function printValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? '1' : ''
  if (Array.isArray(value)) {
    return value.every((v) => typeof v === 'number') ? value.join(',') : value.map((v) => String(v).replaceAll('%', '%25').replaceAll(',', '%2C')).join(',')
  }
  return ''
}

/** `?a=b&c=d` as texts; the first of a repeated name counts. */
export function readSearch(query: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (!(name in out)) out[name] = value
  }
  return out
}

/** The reverse of readSearch and decode; `:`, `/`, `,` and `@` stay readable. */
export function printSearch(search: Record<string, unknown>): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(search)) {
    const t = value === undefined || value === null ? '' : printValue(value)
    if (t !== '') parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(t).replace(/%(3A|2F|2C|40)/g, decodeURIComponent).replaceAll('%20', '+')}`)
  }
  return parts.length > 0 ? '?' + parts.join('&') : ''
}

/** The time range of a search. */
export function rangeOfSearch(search: SharedSearch): Range {
  return { from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to }
}

/** What a link to another page takes along. */
export function sharedOf(search: SharedSearch): SharedSearch {
  return { from: search.from, to: search.to, env: search.env, namespace: search.namespace, live: search.live }
}

/** Which parameters a route has; null for those without any. */
export function pageOfRoute(route: string): Page | null {
  switch (route) {
    case '/map':
      return 'map'
    case '/traces':
      return 'traces'
    case '/trace/$traceId':
      return 'trace'
    case '/compare/$a/$b':
      return 'compare'
    case '/services':
      return 'services'
    case '/services/$name':
      return 'service'
    case '/exceptions':
      return 'exceptions'
    case '/alerts':
      return 'alerts'
    case '/start':
      return 'start'
    case '/settings':
      return 'settings'
    case '/status':
      return 'status'
    default:
      return null
  }
}
