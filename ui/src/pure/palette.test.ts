import { expect, it } from 'vitest'
import { operationsWith, rank, score, step } from './palette'

const entries = ['checkout', 'cart', 'catalog', 'notifications-email-worker', 'Service map', 'Switch theme'].map((label) => ({ label, value: label }))
const find = (q: string) => rank(entries, q, 10).map((e) => e.label)

it('puts what begins with the text first', () => {
  expect(find('ca').slice(0, 2)).toEqual(['cart', 'catalog'])
  expect(find('map')[0]).toBe('Service map')
  expect(find('check')).toEqual(['checkout'])
})

it('finds by the beginnings of words', () => {
  expect(find('new')[0]).toBe('notifications-email-worker')
  expect(find('nemw')).toContain('notifications-email-worker')
})

it('leaves out what matches by chance', () => {
  expect(find('xyz')).toEqual([])
  expect(find('che')).not.toContain('Switch theme')
  expect(score('zz', 'a')).toBeNull()
})

it('keeps the order while nothing is typed, and the limit', () => {
  expect(rank(entries, '', 3).map((e) => e.label)).toEqual(['checkout', 'cart', 'catalog'])
})

it('finds by other words, after names', () => {
  const more = [{ label: 'Status', words: 'journal retention', value: 1 }, { label: 'journal-writer', value: 2 }]
  expect(rank(more, 'journal', 5).map((e) => e.value)).toEqual([2, 1])
})

it('goes around', () => {
  expect(step(0, -1, 3)).toBe(2)
  expect(step(2, 1, 3)).toBe(0)
  expect(step(0, 1, 0)).toBe(0)
})

it('asks for operations by any part of their name, taken literally', () => {
  expect(operationsWith('orders')).toBe('name =~ "(?i)orders"')
  expect(operationsWith('/a.b{id}')).toBe('name =~ "(?i)/a\\\\.b\\\\{id\\\\}"')
  expect(operationsWith(' x ')).toBe('')
})
