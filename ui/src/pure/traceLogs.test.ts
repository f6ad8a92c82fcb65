import { expect, test } from 'vitest'
import { makeTrace } from './testdata/trace'
import { decodeTrace, spanId } from './trace'
import { placeLogs } from './traceLogs'

test('records stand where their span and clock say', () => {
  const wire = makeTrace(5)
  const trace = decodeTrace({ ...wire, spans: { ...wire.spans, skew: [0, 7, 0, 0, 0] } })
  const at = (ns: bigint) => (BigInt(trace.start) + ns).toString()
  expect(
    placeLogs(trace, [
      { time: '', time_unix_nano: at(5n), span_id: spanId(trace.spans, 1) },
      { time: '', time_unix_nano: at(-3n), span_id: '' },
      { time: new Date(Number(BigInt(trace.start) / 1_000_000n) + 2).toISOString(), time_unix_nano: '0', span_id: 'ffffffffffffffff' },
    ]).map(({ at: ns, row }) => [row, Math.abs(ns) < 1000 ? ns : Math.round(ns / 1e6)]),
  ).toEqual([[1, 12], [-1, -3], [-1, 2]])
})
