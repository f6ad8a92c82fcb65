import { expect, it } from 'vitest'
import type { ServiceRow, Services } from '../api/types'
import { choicesOf } from './scope'

// Only the namespace is looked at.
const row = (namespace: string) => ({ namespace }) as ServiceRow
const found: Services = { services: [row('shop'), row('billing'), row('shop'), row('')], envs: ['prod', 'demo'] }

it('offers what services have, once, by name', () => {
  expect(choicesOf(found, 'namespace', undefined)).toEqual(['billing', 'shop'])
  expect(choicesOf(found, 'env', undefined)).toEqual(['demo', 'prod'])
})

it('keeps what is chosen, even where nothing has it', () => {
  expect(choicesOf(found, 'env', 'staging')).toEqual(['demo', 'prod', 'staging'])
  expect(choicesOf(undefined, 'namespace', 'shop')).toEqual(['shop'])
  expect(choicesOf(undefined, 'env', undefined)).toEqual([])
})
