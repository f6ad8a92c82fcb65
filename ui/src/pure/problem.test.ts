import { expect, test } from 'vitest'
import { sentence } from './problem'

test.each([
  ['there is no such trace', 'There is no such trace.'],
  ['"zzz" is no trace id', '"zzz" is no trace id.'],
  ['The server answered 502.', 'The server answered 502.'],
  ['really?', 'Really?'],
  ['', ''],
])('%s is said as %s', (text, said) => expect(sentence(text)).toBe(said))
