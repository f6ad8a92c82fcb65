/** What the tables take and will take, in words and in shares of a bar. */
import type { Disk, SignalStorage } from '../api/storage'
import { formatBytes, plural } from './format'

/** Where the figure of a day comes from. */
export function basisText(s: SignalStorage): string {
  switch (s.basis) {
    case 'hour':
      return 'at the rate of the last hour'
    case 'today':
      return 'at the rate of today'
    case 'days':
      return s.signal === 'rollups' ? 'so far' : 'at the rate of the last days'
    default:
      return ''
  }
}

/** `180 MiB a day, 1.2 GiB in the end`. */
export function projectionText(s: SignalStorage): string {
  if (s.basis === 'none' || s.projected_bytes === 0) return s.bytes > 0 && s.retention_days > 0 ? 'Nothing is added now.' : ''
  const grows = s.projected_bytes > s.bytes * 1.02
  return `${formatBytes(s.bytes_per_day)} a day ${basisText(s)}: ${grows ? 'grows to' : 'stays at'} ${formatBytes(grows ? s.projected_bytes : s.bytes)}.`
}

export type Bar = { now: number; later: number }

/** Shares of the widest bar: what is there, and what it will come to. */
export function barsOf(signals: readonly SignalStorage[]): Map<string, Bar> {
  const most = Math.max(1, ...signals.map((s) => Math.max(s.bytes, s.projected_bytes)))
  return new Map(signals.map((s) => [s.signal, { now: s.bytes / most, later: Math.max(s.bytes, s.projected_bytes) / most }]))
}

/** How long data is kept: by default, and what services have for themselves. */
export function keptText(s: SignalStorage): string {
  if (s.retention_days === 0) return 'as long as something names them'
  const others = s.classes.filter((c) => c.keep_days !== s.retention_days)
  const days = [...new Set(others.map((c) => c.keep_days))].sort((a, b) => a - b)
  return plural(s.retention_days, 'day') + (days.length > 0 ? `, some ${days.join(', ')}` : '')
}

/** Whether the disk lasts. */
export function diskText(disk: Disk): { tone: 'ok' | 'warn' | 'bad'; text: string } {
  const days = disk.full_in_days
  if (days === null) return { tone: 'ok', text: 'Enough: what is dropped in time makes room for what comes.' }
  const when = days < 1 ? 'within a day' : days > 365 ? 'in more than a year' : `in about ${plural(Math.round(days), 'day')}`
  const tone = days < 2 ? 'bad' : days < 14 ? 'warn' : 'ok'
  return { tone, text: `Full ${when} at these rates.` }
}

/** Shares of the disk: ours now, ours in the end, and what others have. */
export function diskShares(disk: Disk, signals: readonly SignalStorage[]): { others: number; now: number; later: number } {
  const now = signals.reduce((a, s) => a + s.bytes, 0)
  const later = signals.reduce((a, s) => a + Math.max(s.bytes, s.projected_bytes), 0)
  const total = Math.max(1, disk.total_bytes)
  const used = disk.total_bytes - disk.free_bytes
  return { others: Math.max(0, used - now) / total, now: Math.min(now, used) / total, later: Math.min(later - now, disk.free_bytes) / total }
}
