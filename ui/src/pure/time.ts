/**
 * Time ranges as they stand in the URL and as people type them. A range is two texts; each is `now`, `now-15m`,
 * an RFC 3339 time, or milliseconds since 1970. Relative ranges stay relative until they are resolved or pinned.
 */
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from './units'

export type Range = { from: string; to: string }
export type Resolved = { from: EpochMs; to: EpochMs }

export const DEFAULT_RANGE: Range = { from: 'now-1h', to: 'now' }

/** The shortest range that zooming and shifting will make. */
const MIN_SPAN_MS = 1

export const PRESETS: readonly { label: string; range: Range }[] = [
  { label: 'Last 5 minutes', range: { from: 'now-5m', to: 'now' } },
  { label: 'Last 15 minutes', range: { from: 'now-15m', to: 'now' } },
  { label: 'Last 30 minutes', range: { from: 'now-30m', to: 'now' } },
  { label: 'Last hour', range: { from: 'now-1h', to: 'now' } },
  { label: 'Last 3 hours', range: { from: 'now-3h', to: 'now' } },
  { label: 'Last 6 hours', range: { from: 'now-6h', to: 'now' } },
  { label: 'Last 12 hours', range: { from: 'now-12h', to: 'now' } },
  { label: 'Last day', range: { from: 'now-1d', to: 'now' } },
  { label: 'Last 2 days', range: { from: 'now-2d', to: 'now' } },
  { label: 'Last week', range: { from: 'now-7d', to: 'now' } },
  { label: 'Last 14 days', range: { from: 'now-14d', to: 'now' } },
  { label: 'Last 30 days', range: { from: 'now-30d', to: 'now' } },
]

const UNIT_MS: Record<string, number> = { s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS }
const UNIT_WORDS: Record<string, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' }
const RELATIVE = /^now(?:([+-])(\d{1,6})([smhdw]))?$/

/** One end of a range in milliseconds since 1970, or null where the text is none. */
export function resolveTime(text: string, now: EpochMs): EpochMs | null {
  const t = text.trim()
  const relative = RELATIVE.exec(t)
  if (relative) {
    if (relative[1] === undefined) return now
    const offset = Number(relative[2]) * UNIT_MS[relative[3]]
    return relative[1] === '-' ? now - offset : now + offset
  }
  if (/^\d+(\.\d+)?$/.test(t)) return epochByDigits(t)
  if (!/^\d{4}-\d{2}/.test(t)) return null
  // A date alone and a time without a zone are meant in the reader's own zone.
  const local = /^\d{4}-\d{2}-\d{2}$/.test(t) ? t + 'T00:00:00' : t.replace(/^(\d{4}-\d{2}-\d{2}) +/, '$1T')
  const ms = Date.parse(local)
  return Number.isNaN(ms) ? null : ms
}

/** Seconds, milliseconds, microseconds or nanoseconds by the count of digits, as the server reads them. */
function epochByDigits(t: string): EpochMs | null {
  const digits = t.split('.')[0].length
  const n = Number(t)
  if (digits <= 8) return null
  if (digits <= 11) return n * 1000
  if (digits <= 14) return n
  if (digits <= 17) return Math.floor(n / 1e3)
  return digits <= 20 ? Math.floor(n / 1e6) : null
}

/** Both ends; a range that makes no sense resolves to the default one. */
export function resolveRange(range: Range, now: EpochMs): Resolved {
  const from = resolveTime(range.from, now)
  const to = resolveTime(range.to, now)
  if (from === null || to === null || from >= to) {
    return { from: now - HOUR_MS, to: now }
  }
  return { from, to }
}

export function isRelative(range: Range): boolean {
  return RELATIVE.test(range.from) || RELATIVE.test(range.to)
}

/**
 * What people type: `15m`, `2h`, `now-1h`, `now-1d to now`, `2026-11-22 10:00 to 11:00`, `1700000000 to now`,
 * `today`, `yesterday`, `this week`. Null where it cannot be read.
 */
export function parseRange(text: string, now: EpochMs): Range | null {
  const t = text.trim().replace(/\s+/g, ' ')
  const word = namedRange(t.toLowerCase(), now)
  if (word) return word
  const short = /^(?:last )?(\d{1,6}) ?(s|m|h|d|w|min|mins|minutes?|hours?|days?|weeks?|seconds?|sec)$/i.exec(t)
  if (short) {
    const unit = short[2][0].toLowerCase()
    return checked({ from: `now-${short[1]}${unit}`, to: 'now' }, now)
  }
  const parts = t.split(/ (?:to|until|–|—|-) |\s*(?:\.\.|→)\s*/i)
  if (parts.length === 1) return checked({ from: endText(parts[0], now) ?? '', to: 'now' }, now)
  if (parts.length !== 2) return null
  const from = endText(parts[0], now)
  const to = endText(clockOnDayOf(parts[1], parts[0]), now)
  return from === null || to === null ? null : checked({ from, to }, now)
}

function namedRange(word: string, now: EpochMs): Range | null {
  const midnight = new Date(now)
  midnight.setHours(0, 0, 0, 0)
  const day = (offset: number) => {
    const d = new Date(midnight)
    d.setDate(d.getDate() + offset)
    return String(d.getTime())
  }
  switch (word) {
    case 'today':
      return { from: day(0), to: 'now' }
    case 'yesterday':
      return { from: day(-1), to: day(0) }
    case 'this week': {
      const monday = (midnight.getDay() + 6) % 7
      return { from: day(-monday), to: 'now' }
    }
    default:
      return null
  }
}

/** `10:00` after `2026-11-22 09:00 to` is meant on that day. */
function clockOnDayOf(text: string, other: string): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(other.trim())
  return day && /^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text.trim()) ? `${day[0]} ${text.trim().padStart(5, '0')}` : text
}

/** Relative ends stay texts; everything else becomes milliseconds, so that a link means the same in every zone. */
function endText(text: string, now: EpochMs): string | null {
  const t = text.trim().toLowerCase()
  if (RELATIVE.test(t)) return t
  if (/^-\d{1,6}[smhdw]$/.test(t)) return 'now' + t
  const named = namedRange(t, now)
  if (named) return named.from
  const ms = resolveTime(text.trim().toUpperCase(), now)
  return ms === null ? null : String(ms)
}

function checked(range: Range, now: EpochMs): Range | null {
  const from = resolveTime(range.from, now)
  const to = resolveTime(range.to, now)
  return from !== null && to !== null && from < to ? range : null
}

/** The range made absolute, for a link that will show the same tomorrow. */
export function pin(range: Range, now: EpochMs): Range {
  const { from, to } = resolveRange(range, now)
  return { from: String(Math.floor(from)), to: String(Math.ceil(to)) }
}

export function rangeOf(from: EpochMs, to: EpochMs): Range {
  const lo = Math.floor(Math.min(from, to))
  return { from: String(lo), to: String(Math.max(lo + MIN_SPAN_MS, Math.ceil(Math.max(from, to)))) }
}

/** Twice as long about the same middle; never ends in the future. A relative range that ends now stays relative. */
export function zoomOut(range: Range, now: EpochMs): Range {
  const { from, to } = resolveRange(range, now)
  if (range.to === 'now') return relativeOf(2 * (to - from), now)
  const half = (to - from) / 2
  const end = Math.min(to + half, Math.max(now, to))
  return rangeOf(end - 2 * (to - from), end)
}

function relativeOf(length: number, now: EpochMs): Range {
  const text = agoText(length)
  return text === null ? rangeOf(now - length, now) : { from: text, to: 'now' }
}

/** `now-2h` of a length in ms, in the largest unit that is exact; null below a second. */
function agoText(length: number): string | null {
  const unit = ['w', 'd', 'h', 'm', 's'].find((u) => length % UNIT_MS[u] === 0)
  return unit === undefined ? null : length === 0 ? 'now' : `now-${length / UNIT_MS[unit]}${unit}`
}

/** The range of the same length right before, to compare with. Relative stays relative, so that the server's clock decides. */
export function previous(range: Range, now: EpochMs): Range {
  const { from, to } = resolveRange(range, now)
  const before = agoText(now - (2 * from - to))
  const end = agoText(now - from)
  if (RELATIVE.test(range.from) && RELATIVE.test(range.to) && before !== null && end !== null) return { from: before, to: end }
  return rangeOf(2 * from - to, from)
}

/** Moved by half its length, back (-1) or on (1); never past now. */
export function shift(range: Range, direction: -1 | 1, now: EpochMs): Range {
  const { from, to } = resolveRange(range, now)
  const length = to - from
  const end = Math.min(to + (direction * length) / 2, Math.max(now, to))
  return rangeOf(end - length, end)
}

const pad = (n: number) => String(n).padStart(2, '0')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** How a range is named on its button: `Last hour`, `Last 45 minutes`, `2 days to 1 day ago`, `22 Nov 10:00 – 11:00`. */
export function describeRange(range: Range, now: EpochMs): string {
  const preset = PRESETS.find((p) => p.range.from === range.from && p.range.to === range.to)
  if (preset) return preset.label
  const relative = RELATIVE.exec(range.from)
  if (relative?.[1] === '-' && range.to === 'now') {
    const n = Number(relative[2])
    return `Last ${n} ${UNIT_WORDS[relative[3]]}${n === 1 ? '' : 's'}`
  }
  const until = RELATIVE.exec(range.to)
  if (relative?.[1] === '-' && until?.[1] === '-') return `${agoWords(relative)} to ${agoWords(until)} ago`
  if (isRelative(range)) return `${range.from} to ${range.to}`
  const { from, to } = resolveRange(range, now)
  const a = new Date(from)
  const b = new Date(to)
  const seconds = to - from < 10 * MINUTE_MS
  const clock = (d: Date) =>
    `${pad(d.getHours())}:${pad(d.getMinutes())}` + (seconds ? `:${pad(d.getSeconds())}` : '')
  const day = (d: Date) => `${d.getDate()} ${MONTHS[d.getMonth()]}`
  return a.toDateString() === b.toDateString()
    ? `${day(a)} ${clock(a)} – ${clock(b)}`
    : `${day(a)} ${clock(a)} – ${day(b)} ${clock(b)}`
}

function agoWords([, , count, unit]: RegExpExecArray): string {
  return `${Number(count)} ${UNIT_WORDS[unit]}${Number(count) === 1 ? '' : 's'}`
}

/** Round moments for a time axis: at most `count`, and the step between them. */
export function timeTicks(from: EpochMs, to: EpochMs, count: number): { at: EpochMs[]; step: number } {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS,
    10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS,
    2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 28 * DAY_MS,
  ]
  const step = steps.find((s) => (to - from) / s <= count) ?? 28 * DAY_MS
  // Days and hours are counted in the reader's zone.
  const zone = new Date(from).getTimezoneOffset() * MINUTE_MS
  const at: EpochMs[] = []
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) at.push(t)
  return { at, step }
}

/** A tick's label; as coarse as the step allows. */
export function tickLabel(ms: EpochMs, step: number): string {
  const d = new Date(ms)
  if (step >= DAY_MS || (d.getHours() === 0 && d.getMinutes() === 0 && step >= HOUR_MS)) {
    return `${d.getDate()} ${MONTHS[d.getMonth()]}`
  }
  const hm = `${pad(d.getHours())}:${pad(d.getMinutes())}`
  if (step >= MINUTE_MS) return hm
  const hms = `${hm}:${pad(d.getSeconds())}`
  return step >= 1000 ? hms : `${hms}.${String(d.getMilliseconds()).padStart(3, '0')}`
}
