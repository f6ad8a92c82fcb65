import { expect, test } from 'vitest'
import { changeText, deltaLabel, deltaOf, deltasOf, deltaWords, earlierOf, headline, pointsText, rangeBefore } from './mapCompare'
import { makeStats } from './testdata/map'

const NOW = Date.parse('2026-11-22T14:00:00Z')

test('the time before is the same window earlier, and stays relative', () => {
  expect(rangeBefore({ from: 'now-1h', to: 'now' }, 'prev', NOW)).toEqual({ from: 'now-2h', to: 'now-1h' })
  expect(rangeBefore({ from: 'now-1h', to: 'now' }, '1d', NOW)).toEqual({ from: 'now-25h', to: 'now-1d' })
  expect(rangeBefore({ from: 'now-15m', to: 'now' }, '7d', NOW)).toEqual({ from: 'now-10095m', to: 'now-1w' })
  expect(rangeBefore({ from: 'now-20s', to: 'now-5s' }, '7d', NOW)).toEqual({ from: 'now-604820s', to: 'now-604805s' })
  const at = { from: String(NOW - 3_600_000), to: String(NOW) }
  expect(rangeBefore(at, '1d', NOW)).toEqual({ from: String(NOW - 25 * 3_600_000), to: String(NOW - 24 * 3_600_000) })
  expect(rangeBefore({ from: 'now-999999m', to: 'now' }, '7d', NOW).from).toMatch(/^\d+$/)
})

test('only what is worth it has a tone', () => {
  const tone = (now: ReturnType<typeof makeStats>, before: ReturnType<typeof makeStats> | null) => deltaOf(now, before).tone
  expect(tone(makeStats(1000), makeStats(1000))).toBe('same')
  expect(tone(makeStats(9000), makeStats(1000))).toBe('same') // more traffic is no fault
  expect(tone(makeStats(1000, 50), makeStats(1000, 10))).toBe('worse')
  expect(tone(makeStats(1000, 10), makeStats(1000, 50))).toBe('better')
  expect(tone(makeStats(1000, 5), makeStats(1000))).toBe('same') // half a percent
  expect(tone(makeStats(10, 2), makeStats(10))).toBe('same') // two failures
  expect(tone(makeStats(1000, 0, 200), makeStats(1000))).toBe('worse') // 4xx failed too, here as on the pages of services
  expect(tone(makeStats(1000, 0, 0, 0, 40e6), makeStats(1000))).toBe('worse')
  expect(tone(makeStats(1000, 0, 0, 0, 10e6), makeStats(1000))).toBe('better')
  expect(tone(makeStats(5, 0, 0, 0, 40e6), makeStats(1000))).toBe('same') // too few to say
  expect(tone(makeStats(1000, 0, 0, 0, 1e5), makeStats(1000, 0, 0, 0, 4e4))).toBe('same') // microseconds
  expect(tone(makeStats(1000, 500, 0, 0, 10e6), makeStats(1000))).toBe('worse') // faster because it fails
  expect(tone(makeStats(1000, 900), null)).toBe('same')
})

test('deltas are of what has requests now', () => {
  const all = deltasOf(
    [{ id: 'a', stats: makeStats(10) }, { id: 'b', stats: makeStats(0) }, { id: 'c', stats: null }, { id: 'd', stats: makeStats(5) }, { id: 'e', stats: makeStats(5), ghost: true }],
    [{ id: 'a', stats: makeStats(20) }, { id: 'd', stats: makeStats(0) }, { id: 'e', stats: makeStats(5) }],
  )
  expect([...all.keys()]).toEqual(['a', 'd'])
  expect(all.get('a')?.rate?.share).toBe(-0.5)
  expect(all.get('d')?.before).toBeNull()
})

test('a group is compared as what it stands for, with what is gone of it', () => {
  const was = earlierOf([{ id: 'g', members: ['a', 'gone', 'new'] }, { id: 'new', members: ['new'] }], [{ id: 'a', stats: makeStats(10) }, { id: 'gone', stats: makeStats(30, 3) }])
  expect(was.map((w) => [w.id, w.stats?.requests, w.stats?.fault])).toEqual([['g', 40, 3], ['new', undefined, undefined]])
})

test('a change is told in short and in full', () => {
  expect(changeText({ share: 0.416, tone: 'worse' })).toBe('+42 %')
  expect(changeText({ share: -0.5, tone: 'better' })).toBe('−50 %')
  expect(changeText({ share: 0.001, tone: 'same' })).toBe('±0 %')
  expect(changeText({ share: 11, tone: 'worse' })).toBe('×12')
  expect([pointsText(0.032), pointsText(-0.123), pointsText(0.0001)]).toEqual(['+3.2 pp', '−12 pp', '±0 pp'])
  const worse = deltaOf(makeStats(1000, 50), makeStats(500, 5))
  expect(headline(worse, '80 ms')).toEqual(['5 %', '+4 pp'])
  expect(deltaLabel(worse, ['1/s · 80 ms', 'old'])).toEqual(['1/s · 80 ms', 'failed +4 pp'])
  expect(deltaLabel(deltaOf(makeStats(1000), makeStats(990)), ['1/s'])).toEqual(['1/s'])
  expect(deltaWords(worse)).toBe('requests +100 %, failed +4 pp, p95 ±0 %')
  expect(headline(deltaOf(makeStats(1000, 0, 0, 0, 40e6), makeStats(1000)), '160 ms')).toEqual(['160 ms', '+100 %'])
  expect(headline(deltaOf(makeStats(1000, 0, 0, 0, 21e6), makeStats(1000)), '84 ms')).toEqual(['84 ms', '']) // weather
  expect(headline(deltaOf(makeStats(10), null), '80 ms')).toEqual(['80 ms', 'new'])
  expect(deltaWords(deltaOf(makeStats(10), null))).toBe('new')
})
