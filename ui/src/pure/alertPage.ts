// What the alerts' page lists.
import type { Alert, AlertRule, RuleGroup } from '../api/alerts'
import { sortAlerts } from './alerts'

export type Shown = 'firing' | 'pending' | 'ended'

/** What is now, and of the range what is over and not again. */
export function endedIn(now: readonly Alert[], range: readonly Alert[]): Alert[] {
  const there = new Set(now.map(keyOf))
  return sortAlerts([...now, ...range.filter((a) => a.state === 'resolved' && !there.has(keyOf(a)))])
}

/** One alert may end and come back: then it is two. */
const keyOf = (a: Alert) => `${a.id} ${a.since}`

export interface Chosen {
  readonly rule?: string
  readonly service?: string
  readonly state?: Shown
}

export function choose(alerts: readonly Alert[], by: Chosen): Alert[] {
  return alerts.filter(
    (a) =>
      (by.rule === undefined || a.rule === by.rule) &&
      (by.service === undefined || a.target.service === by.service || a.target.node === by.service) &&
      (by.state === undefined || (by.state === 'ended' ? a.state === 'resolved' : a.state === by.state)),
  )
}

/** A rule that can't be evaluated never fires, which looks like peace. */
export function brokenRules(groups: readonly RuleGroup[]): { group: RuleGroup; rule: AlertRule }[] {
  return groups.flatMap((group) => group.rules.filter((r) => r.health === 'err').map((rule) => ({ group, rule })))
}

/** `for 5m, kept 1m`: how long it must hold, and goes on. */
export function durationsOf(rule: Pick<AlertRule, 'for_s' | 'keep_firing_for_s'>): string {
  return [rule.for_s > 0 ? `for ${seconds(rule.for_s)}` : '', rule.keep_firing_for_s > 0 ? `kept for ${seconds(rule.keep_firing_for_s)}` : ''].filter((t) => t !== '').join(', ')
}

/** As rule files write it. */
export function seconds(s: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']]
  let left = s
  let out = ''
  for (const [size, unit] of units) {
    const n = Math.floor(left / size)
    if (n > 0) out += `${n}${unit}`
    left -= n * size
  }
  return out === '' ? `${s * 1000}ms` : out
}
