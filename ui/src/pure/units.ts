/** Units are branded, so that a millisecond is never handed to something that wants a nanosecond. */
export type Brand<T, Name extends string> = T & { readonly __unit?: Name }

/** A duration or an offset in integer nanoseconds; exact in a double up to 104 days. */
export type Nanos = Brand<number, 'ns'>
/** A moment in milliseconds since 1970; loses what is below a millisecond. */
export type EpochMs = Brand<number, 'epoch-ms'>
/** CSS pixels. */
export type Px = Brand<number, 'px'>

export const SECOND: Nanos = 1e9
export const MILLISECOND: Nanos = 1e6
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** Milliseconds since 1970 of a decimal string of nanoseconds; the fraction of a millisecond is kept as a fraction. */
export function epochMsOfNanos(decimal: string): EpochMs {
  if (decimal.length <= 6) return Number(decimal) / 1e6
  const cut = decimal.length - 6
  return Number(decimal.slice(0, cut)) + Number(decimal.slice(cut)) / 1e6
}

/** A decimal string of nanoseconds moved by an offset, without loss. */
export function addNanos(decimal: string, offset: Nanos): string {
  return (BigInt(decimal) + BigInt(Math.round(offset))).toString()
}

/** Milliseconds since 1970 of an RFC 3339 time; what is below a millisecond is dropped. NaN if it is none. */
export function epochMsOfRFC3339(text: string): EpochMs {
  // Engines differ on more than three fraction digits, so the fraction is cut first.
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))
}
