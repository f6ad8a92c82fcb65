import { describe, expect, it } from 'vitest'
import { clausesOf, onlyClause, opposite, standOf, toggleClause } from './clause'

it('finds the clauses of the outermost and', () => {
  const f = (q: string, want: string[]) => expect(clausesOf(q).map((c) => (c.key === '' ? c.text : `${c.key}|${c.op}|${c.value}`)), q).toEqual(want)
  f('', [])
  f('service = web and class != ok', ['service|=|web', 'class|!=|ok'])
  f('service:web name = "GET /x"', ['service|=|web', 'name|=|GET /x'])
  f('service = web or class = ok', [])
  f('service = web and (class = ok or root)', ['service|=|web', '(class = ok or root)'])
  f('not service = web && root', ['not service = web', 'root'])
  f('not (a = 1 or b = 2) and exists x', ['not (a = 1 or b = 2)', 'exists x'])
  f('http.status >= 500 "connection refused"', ['http.status|>=|500', '"connection refused"'])
  f('span."odd key" = 1 and root', ['span."odd key"|=|1', 'root'])
  f('service =', ['service ='])
  f('(unfinished and x', ['(unfinished and x'])
  f('not', ['not'])
})

describe('toggling', () => {
  const f = (q: string, clause: string, sense: 'in' | 'out', want: string) => it(`${sense} ${clause} on "${q}"`, () => expect(toggleClause(q, clause, sense)).toBe(want))
  f('', 'service = web', 'in', 'service = web')
  f('service = web', 'service = web', 'in', '')
  f('service:web', 'service = web', 'in', '')
  f('root and service = "web" and class = ok', 'service = web', 'in', 'root and class = ok')
  f('service = web', 'service = web', 'out', 'service != web')
  f('service != web', 'service = web', 'out', '')
  f('service != web and root', 'service = web', 'in', 'root and service = web')
  f('a = 1 or b = 2', 'c = 3', 'in', '(a = 1 or b = 2) and c = 3')
  f('', 'code = 503', 'out', 'code != 503')
  f('', 'id = "42"', 'out', 'id != "42"')
  f('root', 'x >= 10 and x < 20', 'in', 'root and x >= 10 and x < 20')
  f('root and x >= 10 and x < 20', 'x >= 10 and x < 20', 'in', 'root')
  f('root', 'x >= 10 and x < 20', 'out', 'root and not (x >= 10 and x < 20)')
  f('root and not (x >= 10 and x < 20)', 'x >= 10 and x < 20', 'out', 'root')
  f('root and not (x >= 10 and x < 20)', 'x >= 10 and x < 20', 'in', 'root and x >= 10 and x < 20')
  f('', 'not exists tier', 'out', 'exists tier')
  f('exists tier and root', 'not exists tier', 'in', 'root and not exists tier')
})

it('says how a filter stands to a clause', () => {
  expect(standOf('root and service = web', 'service = web')).toBe('in')
  expect(standOf('service != web', 'service = web')).toBe('out')
  expect(standOf('service = cart', 'service = web')).toBeNull()
  expect(standOf('service = web or root', 'service = web')).toBeNull()
  expect(standOf('x >= 10', 'x >= 10 and x < 20')).toBeNull()
})

it('asks for one value alone', () => {
  expect(onlyClause('service != web and root', 'service = cart')).toBe('root and service = cart')
  expect(onlyClause('service = web', 'service = cart')).toBe('service = cart')
  expect(onlyClause('service = cart', 'service = cart')).toBe('service = cart')
})

it('turns a clause round and back', () => {
  for (const c of ['a = 1', 'a != "x y"', 'span."b c" = 2', 'x > 5', 'not exists y', 'x >= 1 and x < 2']) expect(opposite(opposite(c)), c).toBe(c)
})
