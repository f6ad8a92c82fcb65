import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace } from './trace'
import { matchRows, parseTraceFilter } from './traceFilter'

const trace = decodeTrace(makeTrace(400))
const s = trace.spans

function rows(text: string): number[] {
  const parsed = parseTraceFilter(text, trace)
  if (!parsed.ok) throw new Error(parsed.message)
  return Array.from(matchRows(s.count, parsed.test).rows)
}

const where = (f: (i: number) => boolean) => Array.from({ length: s.count }, (_, i) => i).filter(f)
const service = (i: number) => trace.services[s.service[i]].name
const name = (i: number) => trace.names[s.name[i]]

test('keys compare as in the search page', () => {
  expect(rows('service = cart')).toEqual(where((i) => service(i) === 'cart'))
  expect(rows('service:cart duration>1ms')).toEqual(where((i) => service(i) === 'cart' && s.duration[i] > 1e6))
  expect(rows('class != ok')).toEqual(where((i) => s.klass[i] !== 0))
  expect(rows('status = error or http = 404')).toEqual(where((i) => s.status[i] === 2 || s.http[i] === 404))
  expect(rows('not (service=cart or service=users)')).toEqual(where((i) => !['cart', 'users'].includes(service(i))))
  expect(rows('!service=cart')).toEqual(where((i) => service(i) !== 'cart'))
  expect(rows('name =~ "^GET"')).toEqual(where((i) => name(i).startsWith('GET')))
  expect(rows('name = "GET*"')).toEqual(where((i) => name(i).startsWith('GET')))
  expect(rows('kind=client peer=orders-db')).toEqual(where((i) => s.kind[i] === 3 && s.peerName[i] === 1))
})

test('a bare comparison is a duration, also in percent of the trace', () => {
  expect(rows('>2.5%')).toEqual(where((i) => s.duration[i] > trace.duration * 0.025))
  expect(rows('>= 10ms')).toEqual(where((i) => s.duration[i] >= 10e6))
})

test('free words match names, services and peers without case', () => {
  expect(rows('REDIS')).toEqual(where((i) => name(i) === 'redis GET'))
  expect(rows('"charge card"')).toEqual(where((i) => name(i) === 'charge card'))
})

test.each([
  ['service =', 'A value is missing after “=”.', 9],
  ['(a', 'This parenthesis is not closed.', 0],
  ['a)', '“)” is not expected here.', 1],
  ['name = "x', 'This quote is not closed.', 7],
  ['duration > fast', '“fast” is not a duration. Write 10ms, 1.5s or 2.5%.', 11],
  ['service > a', '“>” does not compare text.', 10],
  ['a or', 'Something is missing at the end.', 4],
  ['name =~ "("', '“(” is not a regular expression.', 8],
])('%s says what is wrong and where', (text, message, position) => {
  expect(parseTraceFilter(text, trace)).toEqual({ ok: false, message, position })
})

test('an unknown key names the known ones', () => {
  const parsed = parseTraceFilter('http.route = /x', trace)
  expect(parsed.ok).toBe(false)
  if (!parsed.ok) expect(parsed.message).toContain('service, name, kind')
})
