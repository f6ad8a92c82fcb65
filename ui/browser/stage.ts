// Serves the built page and answers its API from memory, so that only the browser's work is measured.
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { openBrowser } from '../e2e/harness.ts'
import { follow } from '../e2e/look.ts'

const dist = path.resolve(import.meta.dirname, '../dist')

const STATUS = {
  version: 'test', started: '2026-11-22T00:00:00Z', now: '2026-11-22T00:00:00Z', endpoints: { http: '', otlp_grpc: '', otlp_http: '' }, has_data: true,
  engine: { state: 'ready', version: '', restarts: 0, error: '' }, ingest: { traces: { received: 0, stored: 0, rejected: {}, dropped_by_pipeline: {}, deduplicated: 0, in_journal: 0, dead_letter: 0, undecodable: 0 } },
  refused: {}, refused_examples: {}, arrivals: [], lag_ms: 0, journal: { bytes: 0, max_bytes: 1, segments: 0 }, storage: { spans_rows: 0, bytes: 0 }, retention: { traces_days: 7, logs_days: 7, metrics_days: 30 }, warnings: [],
}

const ALERTS = { at: STATUS.now, configured: false, from: STATUS.now, to: STATUS.now, counts: { firing: 0, pending: 0 }, alerts: [], groups: [], problems: [] }

/** What the page asks for on every screen, where a test does not say otherwise. */
const ALWAYS: Answers = { status: JSON.stringify(STATUS), alerts: JSON.stringify(ALERTS), spans: JSON.stringify({ spans: [] }) }

/** Bodies, or what makes them, by path under /api/. What a test does not give the server does not have. */
type Answers = Readonly<Record<string, string | ((url: URL) => string)>>

const NOT_FOUND = JSON.stringify({ error: { code: 'not_found', message: 'none', hint: '', position: null, request_id: '' } })

export interface Stage {
  /** A fresh page at a path of ours, with nothing stored; `first` runs in it before its own scripts. One is open at a time. */
  open(at: string, answers: Answers, first?: () => void): Promise<Page>
  /** An empty page of the same browser. */
  blank(): Promise<Page>
}

/**
 * For a file of tests: one server and one browser from its first test to its last, whose pages share what is compiled and cached, and
 * nothing else. The server answers the page's requests itself: intercepting them in the browser costs more than the page does.
 * A script of the page that throws fails the test.
 */
export function openStage(): Stage {
  let browser: Browser
  let context: BrowserContext
  let given: Answers = {}
  const problems: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stage')
    request.resume()
    if (url.pathname.startsWith('/api/')) answer(response, { ...ALWAYS, ...given }[url.pathname.slice('/api/'.length)], url)
    else file(response, url.pathname)
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await openBrowser('--enable-precise-memory-info')
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    context.setDefaultTimeout(60_000)
  })
  afterEach(async () => {
    for (const page of context.pages()) await page.close() // one that a test left open when it failed
    expect(problems.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    blank: () => context.newPage(),
    open: async (at, answers, first) => {
      expect(context.pages()).toEqual([])
      given = answers
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(String(error)))
      follow(page)
      const session = await context.newCDPSession(page)
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'cookies,indexeddb,local_storage' })
      await session.detach()
      if (first !== undefined) await page.addInitScript(first)
      await page.goto(origin + at)
      return page
    },
  }
}

function answer(response: ServerResponse, given: Answers[string] | undefined, url: URL): void {
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'no-store')
  if (given === undefined) response.statusCode = 404
  response.end(given === undefined ? NOT_FOUND : typeof given === 'function' ? given(url) : given)
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }
const files = new Map<string, Buffer>()

/** A file of the built page; any other path is a screen of it. */
function file(response: ServerResponse, name: string): void {
  const at = path.extname(name) !== '' && existsSync(path.join(dist, name)) ? path.join(dist, name) : path.join(dist, 'index.html')
  const body = files.get(at) ?? readFileSync(at)
  files.set(at, body)
  response.setHeader('cache-control', name.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache') // as the real server does
  response.setHeader('content-type', TYPES[path.extname(at)] ?? 'application/octet-stream')
  response.end(body)
}
