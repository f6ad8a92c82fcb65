import { describe, expect, it } from 'vitest'
import { andAlso, applyCompletion, byteOffset, isTraceQL, quoteValue, replaceKey, tokenize, unitOffset, wordAt } from './query'

it('quotes only what must be quoted', () => {
  const f = (value: string, want: string) => expect(quoteValue(value)).toBe(want)
  f('checkout', 'checkout')
  f('shop.Cart/Add', 'shop.Cart/Add')
  f('GET /x', '"GET /x"')
  f('a"b\\c', '"a\\"b\\\\c"')
  f('and', '"and"')
  f('NOT', '"NOT"')
  f('5xx', '"5xx"')
  f('', '""')
  f('a*', '"a*"')
})

it('joins conditions without changing what they mean', () => {
  expect(andAlso('', 'a = 1')).toBe('a = 1')
  expect(andAlso('b = 2', 'a = 1')).toBe('b = 2 and a = 1')
  expect(andAlso('b = 2 or c = 3', 'a = 1')).toBe('(b = 2 or c = 3) and a = 1')
  expect(andAlso('(b = 2 or c = 3)', 'a = 1')).toBe('(b = 2 or c = 3) and a = 1')
  expect(andAlso('name = "this or that"', 'a = 1')).toBe('name = "this or that" and a = 1')
})

describe('isTraceQL', () => {
  it('looks behind parentheses and comments', () => {
    for (const q of ['{ }', ' ({ } | count()) > 1', '// slow\n{ duration > 1s }', '/* a */ ( /* b */ {']) expect(isTraceQL(q), q).toBe(true)
    for (const q of ['', 'service = checkout', '"{"', '// { }', '/* { }', 'name = "{id}"']) expect(isTraceQL(q), q).toBe(false)
  })
})

describe('tokenize', () => {
  const f = (q: string, want: string[]) => it(`splits ${q}`, () => expect(tokenize(q).map((t) => t.text)).toEqual(want))
  f('service = checkout', ['service', '=', 'checkout'])
  f('duration>=500ms&&!root', ['duration', '>=', '500ms', '&&', '!', 'root'])
  f('name =~ "GET .*"', ['name', '=~', '"GET .*"'])
  f('http.route:"/pay/*" (a or b)', ['http.route', ':', '"/pay/*"', '(', 'a', 'or', 'b', ')'])
  f('name = "unfinished', ['name', '=', '"unfinished'])
  f('"a\\"b" c', ['"a\\"b"', 'c'])
  it('loses no letter', () => {
    const q = ' a=~1 ~& |x !~ "y" (('
    expect(tokenize(q).map((t) => q.slice(t.from, t.to))).toEqual(tokenize(q).map((t) => t.text))
    expect(tokenize(q).map((t) => t.text).join('')).toBe(q.replace(/\s/g, ''))
  })
})

describe('completion', () => {
  const f = (before: string, text: string, want: string) =>
    it(`puts ${text} into ${before}`, () => {
      const caret = before.indexOf('|')
      const q = before.replace('|', '')
      const got = applyCompletion(q, caret, text)
      expect(got.q.slice(0, got.caret) + '|' + got.q.slice(got.caret)).toBe(want)
    })
  f('|', 'service', 'service |')
  f('ser|', 'service', 'service |')
  f('service = |', 'checkout', 'service = checkout |')
  f('service = che|', 'checkout', 'service = checkout |')
  f('service =|', 'checkout', 'service =checkout |')
  f('name = "GE|', '"GET /x"', 'name = "GET /x" |')
  f('ser| and root', 'service', 'service |and root')
  f('service = web |', 'and', 'service = web and |')
  f('(ser|', 'service', '(service |')
  f('{ sp|', 'span.', '{ span.|')
  f('{sp|', 'span.', '{ span.|')
  f('{ span.ht|', 'span.http.route', '{ span.http.route |')
  f('{ span:du| }', 'duration', '{ duration |}')
  f('{ span."a b|', 'span."a b.c"', '{ span."a b.c" |')
  f('{ name = "GE|', '"GET /x"', '{ name = "GET /x" |')
  f('{ status = e|}', 'error', '{ status = error |}')
  f('{ } |', '>>', '{ } >> |')
  it('goes on in the parentheses of TraceQL', () => {
    const put = (q: string, text: string) => applyCompletion(q, q.length, text).q
    expect(put('{ } | by', 'by(')).toBe('{ } | by(')
    expect(put('{ } | by(na', 'name')).toBe('{ } | by(name ')
    expect(put('{ } | select(.b,ki', 'kind')).toBe('{ } | select(.b, kind ')
    expect(put('{ } | co', 'count()')).toBe('{ } | count() ')
  })
  it('replaces the word that the caret is in', () => {
    expect(wordAt('service = web', 3)).toEqual({ from: 0, to: 7 })
    expect(wordAt('service = web', 10)).toEqual({ from: 10, to: 10 })
    expect(wordAt('service = web', 13)).toEqual({ from: 10, to: 13 })
  })
})

it('converts between bytes and what a text field counts', () => {
  const q = 'é🚀x'
  expect([0, 1, 3, 4].map((u) => byteOffset(q, u))).toEqual([0, 2, 6, 7])
  expect([0, 2, 6, 7, 99].map((b) => unitOffset(q, b))).toEqual([0, 1, 3, 4, 4])
})

it('replaces every condition on a key', () => {
  expect(replaceKey('service = web and duration > 5ms and duration < 9ms', 'duration', ['duration > 1s'])).toBe('service = web and duration > 1s')
  expect(replaceKey('', 'duration', ['a = 1', 'b = 2'])).toBe('a = 1 and b = 2')
  expect(replaceKey('(duration > 5ms or root)', 'duration', ['duration > 1s'])).toBe('(duration > 5ms or root) and duration > 1s')
})
