import { expect, it } from 'vitest'
import { findTraceId, parseTraceId, xrayId } from './trace-id'

const id = '6637a1b0c4d5e6f708192a3b4c5d6e7f'

it('reads every spelling that people paste', () => {
  const f = (text: string) => expect(parseTraceId(text), text).toBe(id)
  f(id)
  f(id.toUpperCase())
  f(`  ${id}\n`)
  f(`"${id}"`)
  f('1-6637a1b0-c4d5e6f708192a3b4c5d6e7f')
  f('Root=1-6637a1b0-c4d5e6f708192a3b4c5d6e7f;Parent=53995c3f42cd8ad8;Sampled=1')
  f('X-Amzn-Trace-Id: Root=1-6637a1b0-c4d5e6f708192a3b4c5d6e7f')
  f(`00-${id}-53995c3f42cd8ad8-01`)
})

it('takes nothing else for a trace id', () => {
  const f = (text: string) => expect(parseTraceId(text), text).toBeNull()
  f('')
  f('checkout')
  f(id.slice(1))
  f(id + '0')
  f('0'.repeat(32))
  f('1-00000000-000000000000000000000000')
  f('2-6637a1b0-c4d5e6f708192a3b4c5d6e7f')
  f(id.replace('6', 'g'))
})

it('writes what it reads', () => {
  expect(xrayId(id)).toBe('1-6637a1b0-c4d5e6f708192a3b4c5d6e7f')
  expect(parseTraceId(xrayId(id))).toBe(id)
})

it('finds the id in a link', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(findTraceId(`http://127.0.0.1:7070/trace/${id}?span=00f067aa0ba902b7`)).toBe(id)
  expect(findTraceId(`https://x/console#xray:traces/1-${id.slice(0, 8)}-${id.slice(8)}`)).toBe(id)
  expect(findTraceId(`https://x/traces/1-${id.slice(0, 8)}-${id.slice(8)}/y`)).toBe(id)
  expect(findTraceId(` ${id} `)).toBe(id)
  expect(findTraceId('https://x/nothing')).toBeNull()
})
