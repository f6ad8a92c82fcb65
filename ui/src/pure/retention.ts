/** The editor of retention: what is in force, what was typed, and what a change would do. */
import type { Retention, RetentionDrop, RetentionSettings, RetentionSignal, RetentionValue } from '../api/retention'
import { formatBytes, formatCount, plural } from './format'
import { ITEM_NAMES } from './status'

export const RETENTION_SIGNALS: readonly RetentionSignal[] = ['traces', 'logs', 'metrics', 'rollups']
/** Services have no figures by minute of their own. */
export const SERVICE_SIGNALS: readonly RetentionSignal[] = ['traces', 'logs', 'metrics']

/** What is typed: texts by signal, '' where nothing is set here. Of a service '' is as configured and '0' as everything else. */
export type Draft = { signals: Record<string, string>; services: { service: string; days: Record<string, string> }[] }

export function draftOf(set: RetentionSettings): Draft {
  const texts = (days: Partial<Record<string, number>>) => Object.fromEntries(Object.entries(days).map(([signal, n]) => [signal, String(n)]))
  return {
    signals: texts(set.signals),
    services: Object.entries(set.services)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([service, days]) => ({ service, days: texts(days) })),
  }
}

/** The same with a row for each service that the configuration names. */
export function draftFor(retention: Retention): Draft {
  const draft = draftOf(retention.set)
  const named = retention.services.map((s) => s.service).filter((name) => !draft.services.some((s) => s.service === name))
  const services = [...draft.services, ...named.map((service) => ({ service, days: {} }))].sort((a, b) => (a.service < b.service ? -1 : 1))
  return { ...draft, services }
}

/** What a service has by the configuration alone; 0: nothing of its own. */
export function configuredDays(retention: Retention, service: string, signal: RetentionSignal): number {
  return retention.services.find((s) => s.service === service)?.values.find((v) => v.signal === signal)?.without ?? 0
}

/** What is wrong with a number of days; null if nothing is. */
export function daysProblem(text: string, least = 1): string | null {
  if (text.trim() === '') return null
  if (!/^\d{1,4}$/.test(text.trim())) return 'Give a whole number of days.'
  const n = Number(text)
  return n < least || n > 3650 ? `Give between ${least} and 3650 days.` : null
}

export function settingsOf(draft: Draft): RetentionSettings {
  const numbers = (days: Record<string, string>) =>
    Object.fromEntries(Object.entries(days).flatMap(([signal, text]) => (text.trim() === '' ? [] : [[signal, Number(text)]])))
  const services = draft.services.flatMap(({ service, days }): [string, Partial<Record<string, number>>][] => {
    const own = numbers(days)
    return service.trim() === '' || Object.keys(own).length === 0 ? [] : [[service.trim(), own]]
  })
  return { signals: numbers(draft.signals), services: Object.fromEntries(services) }
}

/** All that keeps a draft from being tried. */
export function draftProblems(draft: Draft): string[] {
  const out: string[] = []
  for (const [signal, text] of Object.entries(draft.signals)) {
    const problem = daysProblem(text)
    if (problem !== null) out.push(`${signal}: ${problem}`)
  }
  const seen = new Set<string>()
  for (const { service, days } of draft.services) {
    const name = service.trim()
    if (name !== '' && seen.has(name)) out.push(`${name} is there twice.`)
    seen.add(name)
    for (const [signal, text] of Object.entries(days)) {
      const problem = daysProblem(text, 0)
      if (problem !== null) out.push(`${name === '' ? 'A service without a name' : name}, ${signal}: ${problem}`)
    }
    if (name === '' && Object.values(days).some((t) => t.trim() !== '')) out.push('A service has no name.')
  }
  return out
}

const printed = (set: RetentionSettings): string =>
  JSON.stringify([Object.entries(set.signals).sort(), Object.entries(set.services).sort().map(([service, days]) => [service, Object.entries(days).sort()])])

export function sameSettings(a: RetentionSettings, b: RetentionSettings): boolean {
  return printed(a) === printed(b)
}

/** Where a value comes from, once the draft is saved. */
export function sourceText(v: RetentionValue, draft?: string): string {
  const here = draft === undefined ? v.from === 'here' : draft.trim() !== ''
  if (!here && v.from === 'here') return `as configured: ${plural(v.without, 'day')}`
  switch (here ? 'here' : v.from) {
    case 'here':
      return v.without > 0 ? `set here, instead of ${plural(v.without, 'day')}` : 'set here'
    case 'file':
      return `from ${v.name}`
    case 'environment':
      return `from ${v.name}`
    default:
      return 'the default'
  }
}

/** What a change does, in the order in which one would ask. */
export function consequences(before: Retention, after: Retention): string[] {
  const out: string[] = []
  for (const now of after.signals) {
    const was = before.signals.find((v) => v.signal === now.signal)
    if (was !== undefined && was.days !== now.days) out.push(`${NAMES[now.signal]} are kept for ${plural(now.days, 'day')} instead of ${was.days}.${now.days > was.days ? ' What is stored already keeps the time that it was written for.' : ''}`)
  }
  const values = (r: Retention) => new Map(r.services.flatMap((s) => s.values.filter((v) => v.days > 0).map((v): [string, { service: string; v: RetentionValue }] => [`${s.service}\n${v.signal}`, { service: s.service, v }])))
  const [had, has] = [values(before), values(after)]
  let moved = false
  for (const [key, { service, v }] of has) {
    const was = had.get(key)?.v.days
    if (was === v.days) continue
    moved = true
    out.push(`New ${v.signal} of ${service} are kept for ${plural(v.days, 'day')}${was === undefined ? '' : ` instead of ${was}`}.`)
  }
  for (const [key, { service, v }] of had) {
    if (has.has(key)) continue
    moved = true
    out.push(`New ${v.signal} of ${service} are kept as long as everything else.`)
  }
  if (moved) out.push('A service that moves takes nothing along: what is stored stays in the class that it was written in.')
  return out
}

const NAMES: Record<RetentionSignal, string> = { traces: 'Traces', logs: 'Logs', metrics: 'Metrics', rollups: 'Figures by minute' }
export const retentionName = (signal: RetentionSignal): string => NAMES[signal]

/** `68 MiB of traces go at once: 1,200,000 spans of 27 to 30 April, written for 7 days, kept for 3.` */
export function dropText(d: RetentionDrop): string {
  const items = d.rows > 0 ? `${formatCount(d.rows)} ${ITEM_NAMES[d.signal] ?? 'item'}${d.rows === 1 ? '' : 's'}, ` : ''
  const days = d.oldest === d.newest ? d.oldest : `${d.oldest} to ${d.newest}`
  const kept = d.class_days > 0 ? `; written for ${plural(d.class_days, 'day')}, kept for ${d.keep_days}` : ''
  return `${formatBytes(d.bytes)} of ${d.signal === 'rollups' ? 'figures by minute' : d.signal} go at once: ${items}${days}${kept}.`
}

export const droppedBytes = (drops: readonly RetentionDrop[]): number => drops.reduce((a, d) => a + d.bytes, 0)
