import { expect, it } from 'vitest'
import { failuresOf, sharesOf } from './peek'
import { makeTrace } from './testdata/trace'
import { decodeTrace } from './trace'

const wire = makeTrace(400, 'shop', 20)
const trace = decodeTrace(wire)

it('shares the time among services, the longest first', () => {
  const service = (name: string, self_ns: number) => ({ name, env: '', type: '', spans: 2, errors: 0, self_ns })
  expect(sharesOf({ services: [service('web', 25), service('db', 75)] }).map((s) => [s.name, s.share])).toEqual([['db', 0.75], ['web', 0.25]])
  expect(sharesOf({ services: [service('web', 0)] })[0].share).toBe(0)
  expect(sharesOf({ services: [] })).toEqual([])
})

it('names what failed, most interesting first', () => {
  const failures = failuresOf(trace, 3)
  expect(failures.map((f) => f.id)).toEqual(wire.errors.slice(0, 3).map((row) => wire.spans.id[row]))
  expect(failures.every((f) => f.class !== 'ok' && f.service !== '')).toBe(true)
})
