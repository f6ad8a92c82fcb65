// Drives Perses' own client of Tempo (Apache-2.0, unchanged) against a running Sightline, and holds what Grafana's grammar of TraceQL
// (Apache-2.0) reads against what we do. SIGHTLINE_URL is the page's address, SIGHTLINE_OTLP that of OTLP over HTTP.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { parser } from '@grafana/lezer-traceql'

const base = `${process.env.SIGHTLINE_URL}/tempo`

// The client's module imports one function of Perses' user interface, which picks a data source; here there is one.
const load = Module._load
Module._load = (name, ...rest) => (name === '@perses-dev/plugin-system' ? { datasourceSelectValueToSelector: (v) => v } : load(name, ...rest))
const require = createRequire(import.meta.url)
const lib = new URL('node_modules/@perses-dev/tempo-plugin/lib/cjs/', import.meta.url).pathname
const tempo = require(`${lib}model/tempo-client.js`)
const { getTraceData } = require(`${lib}plugins/tempo-trace-query/get-trace-data.js`)

// A trace of two services, the second of which failed.
const [traceId, rootId, childId] = [16, 8, 8].map((n) => randomBytes(n).toString('hex'))
const service = `conformance-${traceId.slice(0, 6)}`
const now = BigInt(Date.now()) * 1_000_000n
const text = (key, stringValue) => ({ key, value: { stringValue } })
const resource = (name, span) => ({ resource: { attributes: [text('service.name', name)] }, scopeSpans: [{ scope: { name: 'conformance' }, spans: [span] }] })
const sent = {
  resourceSpans: [
    resource(service, { traceId, spanId: rootId, name: 'GET /', kind: 2, startTimeUnixNano: `${now - 200_000_000n}`, endTimeUnixNano: `${now}`, attributes: [{ key: 'http.response.status_code', value: { intValue: '201' } }] }),
    resource(`${service}-db`, { traceId, spanId: childId, parentSpanId: rootId, name: 'query', kind: 3, startTimeUnixNano: `${now - 150_000_000n}`, endTimeUnixNano: `${now - 50_000_000n}`, status: { code: 2, message: 'lost' }, attributes: [text('db.system.name', 'postgresql')], links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }] }),
  ],
}
const stored = await fetch(`${process.env.SIGHTLINE_OTLP}/v1/traces`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(sent) })
assert.equal(stored.status, 200, await stored.text())

const options = { datasourceUrl: base }
const start = Math.floor(Date.now() / 1000) - 600
const end = start + 1200
const query = `{ resource.service.name = "${service}" }`
const until = Date.now() + 20_000
while ((await tempo.query({ traceId }, options).catch(() => ({}))).batches?.length !== 2) {
  assert.ok(Date.now() < until, 'the trace has not become visible in 20 s')
  await new Promise((done) => setTimeout(done, 200))
}

let checks = 0
const check = async (name, run) => {
  await run()
  checks++
  console.log(`  ok  ${name}`)
}
const client = Object.fromEntries(['query', 'search', 'searchWithFallback', 'searchTags', 'searchTagValues'].map((f) => [f, (params) => tempo[f](params, options)]))
const context = {
  datasourceStore: { listDatasourceSelectItems: async () => [], getDatasourceClient: async () => client },
  variableState: {}, absoluteTimeRange: { start: new Date(start * 1000), end: new Date(end * 1000) },
}

await check('a trace by its id, converted by the client', async () => {
  const { trace } = await getTraceData({ query: traceId }, context)
  const spans = trace.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans))
  const child = spans.find((s) => s.name === 'query')
  assert.equal(child.traceId.toLowerCase(), traceId)
  assert.equal(child.parentSpanId.toLowerCase(), rootId)
  assert.equal(child.status.code, 'STATUS_CODE_ERROR')
  assert.equal(child.links[0].spanId.toLowerCase(), 'b7ad6b7169203331')
})
await check('a search, converted by the client', async () => {
  const { searchResult } = await getTraceData({ query, limit: 5 }, context)
  assert.equal(searchResult.length, 1)
  assert.equal(searchResult[0].traceId, traceId)
  assert.equal(searchResult[0].rootServiceName, service)
  assert.equal(searchResult[0].durationMs, 200)
  assert.deepEqual(searchResult[0].serviceStats, { [service]: { spanCount: 1 }, [`${service}-db`]: { spanCount: 1, errorCount: 1 } })
})
await check('span sets of a search', async () => {
  const { traces } = await client.search({ q: `${query} | select(span.http.response.status_code)`, start, end, limit: 5, spss: 10 })
  assert.equal(traces[0].spanSets[0].matched, 1)
  assert.equal(traces[0].spanSets[0].spans[0].spanID, rootId)
  assert.deepEqual(traces[0].spanSets[0].spans[0].attributes.find((a) => a.key === 'http.response.status_code').value, { intValue: '201' })
})
await check('nothing found', async () => assert.deepEqual((await client.searchWithFallback({ q: '{ resource.service.name = "nobody at all" }', start, end })).traces, []))
await check('names of tags', async () => {
  const { scopes } = await client.searchTags({ q: query, start, end })
  assert.ok(scopes.find((s) => s.name === 'resource').tags.includes('service.name'))
  assert.ok(scopes.find((s) => s.name === 'span').tags.includes('http.response.status_code'))
  assert.ok(scopes.find((s) => s.name === 'intrinsic').tags.includes('duration'))
})
await check('values of tags', async () => {
  const values = async (tag) => (await client.searchTagValues({ tag, q: query, start, end })).tagValues
  assert.deepEqual(await values('resource.service.name'), [{ type: 'string', value: service }])
  assert.deepEqual(await values('span.http.response.status_code'), [{ type: 'int', value: '201' }])
  assert.deepEqual((await values('status')).map((v) => v.type), ['keyword', 'keyword', 'keyword'])
})

// Grafana's grammar has errors as nodes of its tree.
const readable = (q) => {
  let errors = 0
  parser.parse(q).iterate({ enter: (node) => { errors += node.type.isError ? 1 : 0 } })
  return errors === 0
}
const queries = readFileSync(new URL('queries.txt', import.meta.url), 'utf8').split('\n').filter((q) => q && !q.startsWith('#'))
const metrics = /\|\s*(rate|\w+_over_time|compare)\(/
const unknown = []
await check(`${queries.length} queries, of which Grafana's grammar reads ${queries.filter(readable).length}`, async () => {
  for (const q of queries) {
    if (!readable(q)) unknown.push(q)
    const path = metrics.test(q) ? 'metrics/query_range' : 'search'
    const answer = await fetch(`${base}/api/${path}?${new URLSearchParams({ q, start, end, step: '60s' })}`)
    const body = await answer.text()
    assert.equal(answer.status, 200, `${q}: ${body}`)
    JSON.parse(body)
  }
})
for (const q of unknown) console.log(`      not in this version of the grammar: ${q}`)
await check('queries that neither reads', async () => {
  for (const q of ['{', '{ span.a = }', '{ } | rate(', '{ } >>', '{ } | nothing()', '{ .a = 1 }} ', '| rate()']) {
    assert.equal(readable(q), false, q)
    const answer = await fetch(`${base}/api/search?${new URLSearchParams({ q, start, end })}`)
    assert.equal(answer.status, 400, q)
    assert.match(await answer.text(), /^invalid TraceQL query: parse error at line 1, col \d+: /)
  }
})
console.log(`tempo: ${checks} checks with @perses-dev/tempo-plugin ${require('@perses-dev/tempo-plugin/package.json').version} and @grafana/lezer-traceql`)
