import { describe, expect, it } from 'vitest'
import { formatAgo, formatBytes, formatChange, formatClock, formatCount, formatDuration, formatMoment, formatPercent, formatRate, formatShort, formatStart, middleEllipsis, plural } from './format'

describe('formatDuration', () => {
  const f = (ns: number, want: string) => it(`writes ${ns} ns as ${want}`, () => expect(formatDuration(ns)).toBe(want))
  f(0, '0 ms')
  f(1, '1 ns')
  f(999, '999 ns')
  f(1000, '1 µs')
  f(1240, '1.24 µs')
  f(812_345, '812 µs')
  f(999_499, '999 µs')
  f(999_500, '1 ms')
  f(8_740_000, '8.74 ms')
  f(123_456_789, '123 ms')
  f(999_499_999, '999 ms')
  f(999_500_000, '1 s')
  f(1_240_000_000, '1.24 s')
  f(59_940_000_000, '59.9 s')
  f(59_950_000_000, '1m')
  f(90_000_000_000, '1m 30s')
  f(3_600_000_000_000, '1h')
  f(5_400_000_000_000, '1h 30m')
  f(86_400_000_000_000, '1d')
  f(90_000_000_000_000, '1d 1h')
  f(-1_500_000, '-1.5 ms')
  f(NaN, '–')
  f(Infinity, '–')
  it('never writes a unit that has reached the next one', () => {
    for (const text of [999_499_999, 999_500_000, 59_949_999_999, 3_599_500_000_000, 86_399_000_000_000].map(formatDuration)) {
      expect(text).not.toMatch(/1000|60s|60m|24h/)
    }
  })
})

it('writes counts with every digit', () => {
  expect(formatCount(1234567)).toBe('1,234,567')
  expect(formatCount(0.4)).toBe('0')
  expect(formatCount(NaN)).toBe('–')
})

it('writes short numbers with three digits', () => {
  const f = (n: number, want: string) => expect(formatShort(n)).toBe(want)
  f(0, '0')
  f(0.25, '0.25')
  f(9.96, '10')
  f(42.4, '42')
  f(999.4, '999')
  f(999.5, '1k')
  f(12_345, '12.3k')
  f(999_600, '1M')
  f(4_560_000, '4.56M')
  f(7.2e9, '7.2G')
  f(-1500, '-1.5k')
})

it('tells slow rates by the minute or the hour', () => {
  const f = (n: number, want: string) => expect(formatRate(n)).toBe(want)
  f(0, '0/s')
  f(42, '42/s')
  f(1, '1/s')
  f(0.2, '12/min')
  f(1 / 3600, '1/h')
  f(NaN, '–')
})

it('never rounds a failure away nor up to all', () => {
  const f = (share: number, want: string) => expect(formatPercent(share)).toBe(want)
  f(0, '0 %')
  f(0.00001, '<0.01 %')
  f(0.0004, '0.04 %')
  f(0.021, '2.1 %')
  f(0.34, '34 %')
  f(0.9949, '99 %')
  f(0.996, '99.6 %')
  f(0.99999, '99.99 %')
  f(1, '100 %')
})

it('writes bytes in powers of 1024', () => {
  expect(formatBytes(812)).toBe('812 B')
  expect(formatBytes(1024)).toBe('1 KiB')
  expect(formatBytes(41_943_040)).toBe('40 MiB')
  expect(formatBytes(2 ** 40 * 3000)).toBe('3000 TiB')
})

it('writes changes with their sign', () => {
  expect(formatChange(0.12)).toBe('12 %')
  expect(formatChange(-0.03)).toBe('3 %')
  expect(formatChange(-1)).toBe('100 %')
  expect(formatChange(0.99)).toBe('99 %')
  expect(formatChange(1)).toBe('×2')
  expect(formatChange(1.45)).toBe('×2.5')
  expect(formatChange(11)).toBe('×12')
})

describe('times', () => {
  const at = new Date(2026, 10, 22, 14, 3, 7, 123).getTime()
  it('writes the clock with and without its fraction', () => {
    expect(formatClock(at)).toBe('14:03:07.123')
    expect(formatClock(at, false)).toBe('14:03:07')
  })
  it('leaves out what today makes clear', () => {
    expect(formatStart(at, at + 60_000)).toBe('14:03:07.123')
    expect(formatStart(at, new Date(2026, 10, 24).getTime())).toBe('22 Nov 14:03:07')
    expect(formatMoment(at, new Date(2027, 1, 1).getTime())).toBe('22 Nov 2026 14:03:07')
    expect(formatMoment(NaN, at)).toBe('–')
  })
  it('tells how long ago', () => {
    expect(formatAgo(at, at + 500)).toBe('just now')
    expect(formatAgo(at, at + 12_000)).toBe('12 s ago')
    expect(formatAgo(at, at + 200_000)).toBe('3 min ago')
    expect(formatAgo(at, at + 3 * 3_600_000)).toBe('3 h ago')
    expect(formatAgo(at, at + 3 * 86_400_000)).toBe('3 d ago')
    expect(formatAgo(at + 5000, at)).toBe('in 5 s')
  })
})

it('keeps both ends of a long name', () => {
  expect(middleEllipsis('checkout', 10)).toBe('checkout')
  expect(middleEllipsis('checkout-notifications-worker', 15)).toBe('checkou…-worker')
  expect(middleEllipsis('abcdef', 2)).toBe('abcdef')
})

it('counts in words', () => {
  expect(plural(1, 'span')).toBe('1 span')
  expect(plural(1200, 'span')).toBe('1,200 spans')
  expect(plural(2, 'item was', 'items were')).toBe('2 items were')
})
