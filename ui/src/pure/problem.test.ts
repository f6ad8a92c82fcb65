import { expect, test } from 'vitest'
import { headline, problemOf, sentence } from './problem'

test.each([
  ['there is no such trace', 'There is no such trace.'],
  ['"zzz" is no trace id', '"zzz" is no trace id.'],
  ['The server answered 502.', 'The server answered 502.'],
  ['really?', 'Really?'],
  ['', ''],
])('%s is said as %s', (text, said) => expect(sentence(text)).toBe(said))

test('a proxy that does not reach the server is no answer of the server', () => {
  const proxied = problemOf(502, null, '')
  expect([headline(proxied), proxied.hint]).toEqual(['No answer', 'Check that the server is running and reachable, then try again.'])
  const own = problemOf(503, { error: { code: 'engine_restarting', message: 'the storage engine restarts', hint: 'wait' } }, 'r1')
  expect([headline(own), own.message, own.hint, own.requestId]).toEqual(['Storage is restarting', 'the storage engine restarts', 'wait', 'r1'])
  expect(problemOf(500, null, 'r2').message).toBe('The server answered 500.')
})
