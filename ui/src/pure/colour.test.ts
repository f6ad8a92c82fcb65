import { expect, it } from 'vitest'
import { assignHues, HUES, hueOf, hueVar } from './colour'

const names = ['web', 'checkout', 'cart', 'catalog', 'payment', 'orders', 'shipping', 'notifications', 'search', 'auth', 'users', 'ads', 'email', 'stock']

it('gives a name the same hue each time', () => {
  for (const n of names) {
    expect(hueOf(n)).toBe(hueOf(n))
    expect(hueOf(n)).toBeGreaterThanOrEqual(0)
    expect(hueOf(n)).toBeLessThan(HUES)
  }
  expect(hueOf('')).toBeLessThan(HUES)
})

it('gives fourteen services fourteen hues', () => {
  expect(new Set(assignHues(names).values()).size).toBe(HUES)
})

it('does not depend on the order', () => {
  expect([...assignHues(names)].sort()).toEqual([...assignHues([...names].reverse())].sort())
})

it('repeats only once all hues are taken', () => {
  const many = Array.from({ length: 2 * HUES + 3 }, (_, i) => `service-${i}`)
  const counts = new Map<number, number>()
  for (const hue of assignHues(many).values()) counts.set(hue, (counts.get(hue) ?? 0) + 1)
  expect(Math.max(...counts.values())).toBe(3)
  expect(Math.min(...counts.values())).toBe(2)
})

it('leaves a service alone its own hue', () => {
  expect(assignHues(['web', 'web']).get('web')).toBe(hueOf('web'))
})

it('names the token', () => expect(hueVar(3)).toBe('var(--svc-3)'))
