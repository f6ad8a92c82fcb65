import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { resolveRange } from '../../src/pure/time'
import { BadQuery, complete, find, map, mapSeries, search, serviceOf, services, spanOf, status, summary, timeline } from './answers'

/**
 * Answers /api from made-up data, for looking at pages with no server at hand. A development aid; it is not built in.
 * Traces to try: /trace/6637a1b0c4d5e6f70000000000010000 has 10,000 spans (the last seven digits say how many),
 * /trace/6637a1b0c4d5e6f70000000badbadbad is broken. States to try: `npm run dev:mock` with MOCK=empty, MOCK=slow, MOCK=down.
 */
export function mock(): Plugin {
  return {
    name: 'mock-api',
    configureServer(server) {
      server.middlewares.use('/api', (request: IncomingMessage, response: ServerResponse) => {
        // The page can ask for a state of the server by a cookie, so that one mock serves every screenshot.
        const state = /mock=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? process.env.MOCK ?? ''
        const wait = state === 'slow' ? 3000 : 20
        setTimeout(() => answer(request, response, state), wait)
      })
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse, state: string): void {
  const url = new URL(request.url ?? '/', 'http://mock')
  const q = url.searchParams
  const { from, to } = resolveRange({ from: q.get('from') ?? 'now-1h', to: q.get('to') ?? 'now' }, Date.now())
  const send = (body: unknown, code = 200) => {
    response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(body))
  }
  const refuse = (code: number, name: string, message: string, hint: string, position: number | null = null) =>
    send({ error: { code: name, message, hint, position, request_id: '5f1c0a9be2d34c77' } }, code)
  const empty = state === 'empty'
  const [head, ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
  if (state === 'login' && head !== 'login') return refuse(401, 'unauthenticated', 'This instance asks for a login.', 'Sign in, or send an API key.')
  if (state === 'down' && head !== 'status') return refuse(503, 'engine_restarting', 'The storage engine is restarting.', 'It is back within seconds; try again.')
  try {
    if (head === 'status') return send(status(empty))
    if (head === 'login') return send({ user: 'admin' })
    if (head === 'map' && rest[0] === 'series') return send(mapSeries(from, to, q))
    if (head === 'map') return send(empty ? { ...map(from, to, q), nodes: [], edges: [], envs: [] } : map(from, to, q))
    if (head === 'services' && rest.length === 0) return send(empty ? { services: [], envs: [] } : services(from, to, q.get('env') ?? ''))
    if (head === 'services') {
      const s = serviceOf(rest[0], from, to)
      return s ? send(s) : refuse(404, 'not_found', `No service ${JSON.stringify(rest[0])} sent spans in this time range.`, 'Choose a longer range, or see the list of services.')
    }
    if (head === 'complete') return send(complete(q.get('q') ?? '', Number(q.get('pos') ?? 0)))
    if (head === 'traces' && rest.length === 0) return send(empty ? { ...search(to - 1, to - 1, q), traces: [] } : search(from, to, q))
    if (head === 'traces') {
      const made = find(rest[0].replaceAll('-', '').slice(-32))
      if (made === null) return refuse(404, 'not_found', 'No span of this trace is stored.', 'It may be older than the retention of 7 days, or not have arrived yet.')
      if (rest[1] === 'spans') return send(spanOf(made, rest[2]))
      if (rest[1] === 'summary') return send(summary(made))
      return send(timeline(made))
    }
    refuse(404, 'not_found', 'No such endpoint.', '')
  } catch (e) {
    if (e instanceof BadQuery) return refuse(400, 'bad_query', e.message, e.hint, e.position)
    refuse(500, 'internal', e instanceof Error ? e.message : String(e), 'Look into the log under the request id.')
  }
}
