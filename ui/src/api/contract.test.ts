import { expect, it } from 'vitest'
import compare from '../../../query/traceapi/testdata/compare.golden.json'
import complete from '../../../query/traceapi/testdata/complete.golden.json'
import facets from '../../../query/traceapi/testdata/facets.golden.json'
import heatmap from '../../../query/traceapi/testdata/heatmap.golden.json'
import instances from '../../../query/traceapi/testdata/instances.golden.json'
import keys from '../../../query/traceapi/testdata/keys.golden.json'
import map from '../../../query/traceapi/testdata/map.golden.json'
import mapSeries from '../../../query/traceapi/testdata/map_series.golden.json'
import operation from '../../../query/traceapi/testdata/operation.golden.json'
import retention from '../../../query/traceapi/testdata/retention.golden.json'
import search from '../../../query/traceapi/testdata/search.golden.json'
import service from '../../../query/traceapi/testdata/service.golden.json'
import services from '../../../query/traceapi/testdata/services.golden.json'
import span from '../../../query/traceapi/testdata/span.golden.json'
import spans from '../../../query/traceapi/testdata/spans.golden.json'
import status from '../../../query/traceapi/testdata/status.golden.json'
import storage from '../../../query/traceapi/testdata/storage.golden.json'
import trace from '../../../query/traceapi/testdata/trace.golden.json'
import traceLogs from '../../../query/traceapi/testdata/trace_logs.golden.json'
import traceChildren from '../../../query/traceapi/testdata/trace_children.golden.json'
import type { Keys } from './keys'
import type { Retention } from './retention'
import type { TraceRecords } from './traceLogs'
import type { Storage } from './storage'
import type { Comparison, Facets, Heatmap, Instances, OperationDetail, SpanPage } from './spanTypes'
import type { Completion, Series, Service, ServiceMap, Services, SpanDetail, Status, Trace, TraceChildren, TracePage } from './types'

/** A type as JSON's inference can meet it: texts are any text, tuples are lists. */
type Loose<T> = T extends string ? string : T extends readonly (infer E)[] ? Loose<E>[] : T extends object ? { [K in keyof T]: Loose<T[K]> } : T

// The server's own goldens: where it changes a name or a type, this file stops compiling.
const answers = {
  compare: compare satisfies Loose<Comparison>,
  complete: complete satisfies Loose<{ items: Completion[] }>,
  facets: facets satisfies Loose<Facets>,
  heatmap: heatmap satisfies Loose<Heatmap>,
  instances: instances satisfies Loose<Instances>,
  keys: keys satisfies Loose<Keys>,
  map: map satisfies Loose<ServiceMap>,
  mapSeries: mapSeries satisfies Loose<Series>,
  operation: operation satisfies Loose<OperationDetail>,
  retention: retention satisfies Loose<Retention>,
  search: search satisfies Loose<TracePage>,
  service: service satisfies Loose<Service>,
  services: services satisfies Loose<Services>,
  span: span satisfies Loose<{ spans: SpanDetail[] }>,
  spans: spans satisfies Loose<SpanPage>,
  status: status satisfies Loose<Status>,
  storage: storage satisfies Loose<Storage>,
  trace: trace satisfies Loose<Trace>,
  traceLogs: traceLogs satisfies Loose<TraceRecords>,
  traceChildren: traceChildren satisfies Loose<TraceChildren>,
}

it('the columns of a trace are of one length', () => {
  const { hidden = [], repeat = [], ...columns }: { [K in keyof Trace['spans']]: unknown[] } = answers.trace.spans
  const lengths = new Set(Object.values(columns).map((c) => c.length))
  expect(lengths.size).toBe(1)
  for (const column of [hidden, repeat]) expect(column.length === 0 || lengths.has(column.length)).toBe(true)
})

it('the columns of a series are of one length', () => {
  const { ok, error, throttle, fault, p50_ns, p95_ns, p99_ns } = answers.mapSeries
  expect(new Set([ok, error, throttle, fault, p50_ns, p95_ns, p99_ns].map((c) => c.length)).size).toBe(1)
})
