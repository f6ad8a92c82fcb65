// Alerts and what they are about: which nodes of the map, how loud, in which words.
import type { Alert, AlertTarget } from '../api/alerts'
import type { MapNode } from '../api/types'
import { formatShort, plural } from './format'
import { quoteValue } from './query'
import { type Range, resolveTime } from './time'
import { epochMsOfRFC3339, MINUTE_MS } from './units'

export type Tone = 'critical' | 'warning' | 'info'

const TONES: Readonly<Record<string, Tone>> = {
  critical: 'critical', fatal: 'critical', emergency: 'critical', page: 'critical', error: 'critical',
  info: 'info', informational: 'info', notice: 'info', none: 'info', low: 'info', debug: 'info',
}

/** How loud a severity is. One that says nothing, or that nobody knows, is a warning: it must not pass unseen. */
export function toneOf(severity: string): Tone {
  return TONES[severity.toLowerCase()] ?? 'warning'
}

const RANK: Readonly<Record<Tone, number>> = { critical: 0, warning: 1, info: 2 }
const STATES: Readonly<Record<Alert['state'], number>> = { firing: 0, pending: 1, resolved: 2 }

/** Firing first, then what waits, then what is over; within these the loudest, then the newest. */
export function sortAlerts(alerts: readonly Alert[]): Alert[] {
  const at = (a: Alert) => epochMsOfRFC3339(a.ended ?? a.firing_since ?? a.since)
  return [...alerts].sort((a, b) => STATES[a.state] - STATES[b.state] || RANK[toneOf(a.severity)] - RANK[toneOf(b.severity)] || at(b) - at(a) || (a.id < b.id ? -1 : 1))
}

export type Identity = Pick<MapNode, 'kind' | 'name' | 'env' | 'namespace' | 'type'>

/**
 * Whether an alert is about a node. Names are equal or they are not. What the alert does not name is not asked: without an environment it
 * is about the service in every one. A name in `node` means what is called or the service of that name; a client only by its type.
 */
export function isAbout(target: AlertTarget, who: Identity): boolean {
  if (target.env !== '' && target.env !== who.env) return false
  if (target.namespace !== '' && target.namespace !== who.namespace) return false
  if (target.service !== '' && who.kind === 'service' && target.service === who.name) return true
  if (target.node === '' || target.node !== who.name) return false
  return target.node_type === '' ? who.kind !== 'client' : target.node_type === (who.type === '' ? 'service' : who.type)
}

/** Of a service page, which may be of one environment or of all. Undefined asks nothing. */
export function alertsOfService(alerts: readonly Alert[], name: string, type: string, env: string | undefined, namespace: string | undefined): Alert[] {
  return alerts.filter((a) => isAbout(a.target, { kind: 'service', name, type, env: env ?? a.target.env, namespace: namespace ?? a.target.namespace }))
}

/** What a page that is limited to an environment or a namespace leaves out: alerts that name another one. */
export function inScope(alert: Alert, env: string | undefined, namespace: string | undefined): boolean {
  const other = (wanted: string | undefined, said: string) => wanted !== undefined && said !== '' && said !== wanted
  return !other(env, alert.target.env) && !other(namespace, alert.target.namespace)
}

/** The alerts of a node, or of all that a drawn node stands for. */
export interface Alarm {
  readonly firing: number
  readonly pending: number
  /** of the loudest that fires; where none does, of what waits */
  readonly tone: Tone
  /** for titles and for readers */
  readonly words: string
  /** sorted, each once */
  readonly alerts: readonly Alert[]
}

/** Whether it fires, or did in the time that was asked for. */
export const fires = (a: Alert) => a.state === 'firing' || (a.state === 'resolved' && a.firing_since !== null)

/** The loudest alert's tone first; null where there is none. `past`: of a stretch of time that is over. */
export function alarmOf(alerts: readonly Alert[], past: boolean): Alarm | null {
  if (alerts.length === 0) return null
  const sorted = sortAlerts([...new Map(alerts.map((a) => [a.id, a])).values()])
  const firing = sorted.filter(fires)
  const pending = sorted.filter((a) => !fires(a))
  const loudest = (firing.length > 0 ? firing : pending).map((a) => toneOf(a.severity)).sort((a, b) => RANK[a] - RANK[b])[0]
  const words = [
    firing.length > 0 ? `${plural(firing.length, 'alert')} ${past ? 'fired' : 'firing'}: ${naming(firing)}` : '',
    pending.length > 0 ? `${plural(pending.length, 'alert')} pending: ${naming(pending)}` : '',
  ]
  return { firing: firing.length, pending: pending.length, tone: loudest, words: words.filter((w) => w !== '').join('; '), alerts: sorted }
}

const NAMED = 3

function naming(alerts: readonly Alert[]): string {
  const names = [...new Set(alerts.map((a) => (a.severity === '' ? a.rule : `${a.rule} (${a.severity})`)))]
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`
}

/** What is of a time at all: now only what fires and waits, in the past what fired and waited. */
export function alertsInView(alerts: readonly Alert[], past: boolean): Alert[] {
  return past ? [...alerts] : alerts.filter((a) => a.state !== 'resolved')
}

/** By the id of a node. */
export function alarmsOfNodes(alerts: readonly Alert[], nodes: readonly MapNode[], past: boolean): Map<string, Alarm> {
  const named = new Map<string, Alert[]>()
  for (const a of alertsInView(alerts, past)) {
    for (const name of new Set([a.target.service, a.target.node])) if (name !== '') named.set(name, [...(named.get(name) ?? []), a])
  }
  const out = new Map<string, Alarm>()
  if (named.size === 0) return out
  for (const n of nodes) {
    const alarm = alarmOf((named.get(n.name) ?? []).filter((a) => isAbout(a.target, n)), past)
    if (alarm) out.set(n.id, alarm)
  }
  return out
}

/** By the id of what is drawn: a group has the alerts of its members, each once. */
export function alarmsOfDrawn(drawn: readonly { readonly id: string; readonly members: readonly string[] }[], byNode: ReadonlyMap<string, Alarm>, past: boolean): Map<string, Alarm> {
  const out = new Map<string, Alarm>()
  if (byNode.size === 0) return out
  for (const d of drawn) {
    const alarm = alarmOf(d.members.flatMap((id) => byNode.get(id)?.alerts ?? []), past)
    if (alarm) out.set(d.id, alarm)
  }
  return out
}

/** Null where the range ends now: what fires now is then what matters. */
export function pastOf(range: Range, now: number): Range | null {
  const to = resolveTime(range.to, now)
  return range.to === 'now' || to === null || to >= now ? null : range
}

/** Traces begin a little before the condition held: what brought it about. */
const LEAD_MS = 5 * MINUTE_MS

/** The search for traces of what an alert is about; null where it is about nothing that sends spans. */
export function tracesOf(a: Alert, now: number): { q: string; range: Range } | null {
  const { service, env, node, node_type, operation } = a.target
  const parts: string[] = []
  if (service !== '') parts.push(`service = ${quoteValue(service)}`)
  if (node !== '' && node !== service) parts.push(...(service === '' && (node_type === '' || node_type === 'service') ? [`(service = ${quoteValue(node)} or peer = ${quoteValue(node)})`] : [`peer = ${quoteValue(node)}`]))
  if (parts.length === 0) return null
  if (env !== '') parts.push(`env = ${quoteValue(env)}`)
  if (operation !== '') parts.push(`name = ${quoteValue(operation)}`)
  const from = epochMsOfRFC3339(a.since) - LEAD_MS
  const to = a.ended === null ? null : epochMsOfRFC3339(a.ended)
  return { q: parts.join(' and '), range: { from: String(Math.min(from, now)), to: to === null ? 'now' : String(to) } }
}

/** A rule's query may be of anything, so its value has no unit. */
export function formatValue(value: number | null): string {
  if (value === null) return '–'
  const size = Math.abs(value)
  if (size >= 1e4) return formatShort(value)
  return String(Number(value.toPrecision(size >= 1000 ? 5 : 3)))
}

/** Labels that the row does not tell elsewhere. */
const TOLD = new Set(['alertname', 'severity', 'service', 'service_name', 'env', 'environment', 'deployment_environment', 'deployment_environment_name'])

export function otherLabels(a: Alert): [string, string][] {
  return Object.entries(a.labels).filter(([name]) => !TOLD.has(name) && !name.startsWith('target_')).sort(([x], [y]) => (x < y ? -1 : 1))
}

/** A link that may be followed: a rule file's author could have written anything. */
export function safeUrl(text: string | undefined): string | null {
  return text !== undefined && /^https?:\/\//i.test(text) ? text : null
}

/** What stands below a rule's name. */
export function sayingOf(a: Pick<Alert, 'annotations'>): string {
  return a.annotations.summary ?? a.annotations.description ?? a.annotations.message ?? ''
}
