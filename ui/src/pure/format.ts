/** The one way in which durations, numbers and times are written on the page. */
import type { EpochMs, Nanos } from './units'

const THIN = ' '

/** `812 µs`, `1.24 s`, `3m 20s`: three significant digits below a minute, two units above. */
export function formatDuration(ns: Nanos): string {
  if (!Number.isFinite(ns)) return '–'
  if (ns < 0) return '-' + formatDuration(Math.abs(ns))
  if (ns === 0) return `0${THIN}ms`
  if (ns < 1e3) return `${Math.round(ns)}${THIN}ns`
  if (ns < 999_500) return `${three(ns / 1e3)}${THIN}µs`
  if (ns < 999_500_000) return `${three(ns / 1e6)}${THIN}ms`
  if (ns < 59_950_000_000) return `${three(ns / 1e9)}${THIN}s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
  const hours = Math.round(minutes / 60)
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${THIN}${small}${smallUnit}`
}

/** Three significant digits and no padding: 1.24, 12.4, 124, 8. */
function three(value: number): string {
  return String(Number(value.toPrecision(3)))
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `12,345`: every digit, for counts that people compare exactly. */
export function formatCount(n: number): string {
  return Number.isFinite(n) ? grouped.format(n) : '–'
}

/** `12.3k`, `4.56M`: three significant digits, for figures that people compare at a glance. */
export function formatShort(n: number): string {
  if (!Number.isFinite(n)) return '–'
  if (n < 0) return '-' + formatShort(-n)
  if (n < 999.5) return n < 10 ? String(Number(n.toPrecision(2))) : String(Math.round(n))
  if (n < 999_500) return three(n / 1e3) + 'k'
  if (n < 999_500_000) return three(n / 1e6) + 'M'
  return three(n / 1e9) + 'G'
}

/** Requests per second, told per minute when that reads better: `42/s`, `12/min`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–'
  if (perSecond === 0) return '0/s'
  if (perSecond >= 1) return formatShort(perSecond) + '/s'
  const perMinute = perSecond * 60
  return perMinute >= 1 ? formatShort(perMinute) + '/min' : formatShort(perMinute * 60) + '/h'
}

/** A share between 0 and 1: `0 %`, `0.04 %`, `2.1 %`, `34 %`, `100 %`. Never rounds a failure away, nor an exception up to all. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return '–'
  const p = share * 100
  if (p === 0) return `0${THIN}%`
  if (p < 0.01) return `<0.01${THIN}%`
  if (p < 1) return `${p.toPrecision(1) === '1' ? '1' : Number(p.toFixed(2))}${THIN}%`
  if (p < 10) return `${Number(p.toFixed(1))}${THIN}%`
  if (p < 99.5) return `${Math.round(p)}${THIN}%`
  return p < 100 ? `${Math.min(99.99, Math.floor(p * 100) / 100)}${THIN}%` : `100${THIN}%`
}

/** `812 B`, `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–'
  let value = bytes
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1023.5 || unit === 'TiB') return `${unit === 'B' ? Math.round(value) : three(value)}${THIN}${unit}`
    value /= 1024
  }
  return '–'
}

/** By what share a figure changed, without its direction: `12 %`, `3.1 %`; `×2.5` from twice as much on, for a percentage ends at 100. */
export function formatChange(share: number): string {
  return share >= 1 ? `×${formatShort(share + 1)}` : formatPercent(Math.abs(share))
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0')

/** `14:03:07.123` in the reader's own zone. */
export function formatClock(ms: EpochMs, fraction = true): string {
  const d = new Date(ms)
  const base = `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`
  return fraction ? `${base}.${pad(d.getMilliseconds(), 3)}` : base
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `22 Nov 14:03:07`, with the year where it is not this one. */
export function formatMoment(ms: EpochMs, now: EpochMs): string {
  const d = new Date(ms)
  if (Number.isNaN(d.getTime())) return '–'
  const year = d.getFullYear() === new Date(now).getFullYear() ? '' : ` ${d.getFullYear()}`
  return `${d.getDate()} ${MONTHS[d.getMonth()]}${year} ${formatClock(ms, false)}`
}

/** `14:03:07` today, `22 Nov 14:03:07` on other days. */
export function formatStart(ms: EpochMs, now: EpochMs): string {
  const d = new Date(ms)
  return d.toDateString() === new Date(now).toDateString() ? formatClock(ms) : formatMoment(ms, now)
}

/** `12 s ago`, `3 h ago`, `just now`, `in 5 s`. */
export function formatAgo(ms: EpochMs, now: EpochMs): string {
  const seconds = Math.round((now - ms) / 1000)
  if (Number.isNaN(seconds)) return '–'
  if (Math.abs(seconds) < 2) return 'just now'
  const text = coarse(Math.abs(seconds))
  return seconds < 0 ? `in ${text}` : `${text} ago`
}

function coarse(seconds: number): string {
  if (seconds < 60) return `${seconds}${THIN}s`
  if (seconds < 3600) return `${Math.round(seconds / 60)}${THIN}min`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)}${THIN}h`
  return `${Math.round(seconds / 86_400)}${THIN}d`
}

/** Keeps both ends of a long name: `checkout…-worker`. */
export function middleEllipsis(text: string, max: number): string {
  if (text.length <= max || max < 3) return text
  const head = Math.ceil((max - 1) / 2)
  const tail = max - 1 - head
  return text.slice(0, head) + '…' + (tail > 0 ? text.slice(-tail) : '')
}

/** `1 span`, `12 spans`. */
export function plural(n: number, one: string, many = one + 's'): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`
}
