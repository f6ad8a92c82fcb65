// Builds the page once, serves it, and answers its API from memory, so that only the browser's work is measured.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, preview, type PreviewServer } from 'vite'

const root = path.resolve(import.meta.dirname, '..')
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-precise-memory-info']

const STATUS = {
  version: 'test', started: '2026-11-22T00:00:00Z', now: '2026-11-22T00:00:00Z', endpoints: { http: '', otlp_grpc: '', otlp_http: '' }, has_data: true,
  engine: { state: 'ready', version: '', restarts: 0, error: '' }, ingest: { traces: { received: 0, stored: 0, rejected: {}, dropped_by_pipeline: {}, deduplicated: 0, in_journal: 0, dead_letter: 0, undecodable: 0 } },
  refused: {}, refused_examples: {}, arrivals: [], lag_ms: 0, journal: { bytes: 0, max_bytes: 1, segments: 0 }, storage: { spans_rows: 0, bytes: 0 }, retention: { traces_days: 7, logs_days: 7, metrics_days: 30 }, warnings: [],
}

const ALERTS = { at: STATUS.now, configured: false, from: STATUS.now, to: STATUS.now, counts: { firing: 0, pending: 0 }, alerts: [], groups: [], problems: [] }

export interface Stage {
  /** A fresh page, in a context of its own, at a path of ours; `answers` are bodies, or what makes them, by path under /api/. */
  open(at: string, answers: Readonly<Record<string, string | ((url: URL) => string)>>): Promise<Page>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sightline-browser-'))
  await build({ root, configFile: path.join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: dir, emptyOutDir: true } })
  const server: PreviewServer = await preview({ root, configFile: path.join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: dir }, preview: { port: 0, host: '127.0.0.1' } })
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  const base = server.resolvedUrls?.local[0] ?? ''
  return {
    open: async (at, answers) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      const page = await context.newPage()
      await page.addInitScript(watch)
      await page.route('**/api/**', (route) => {
        const url = new URL(route.request().url())
        const name = url.pathname.replace('/api/', '')
        const given = answers[name]
        // Figures that a test does not give are figures that the server does not have.
        if (given === undefined && /^(spans\/heatmap|services\/[^/]+\/operations\/)/.test(name)) {
          return route.fulfill({ status: 404, body: JSON.stringify({ error: { code: 'not_found', message: 'none', hint: '', position: null, request_id: '' } }), contentType: 'application/json' })
        }
        const body = (typeof given === 'function' ? given(url) : given) ?? (name === 'status' ? JSON.stringify(STATUS) : name === 'alerts' ? JSON.stringify(ALERTS) : JSON.stringify({ spans: [] }))
        return route.fulfill({ body, contentType: 'application/json' })
      })
      await page.goto(base.replace(/\/$/, '') + at)
      return page
    },
    close: async () => {
      await browser.close()
      await server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Runs in the page before its own scripts: notes when the waterfall is first drawn, and tasks that block. */
function watch(): void {
  const marks = { interactive: 0, blocked: 0 }
  Object.assign(window, { perfMarks: marks })
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) marks.blocked = Math.max(marks.blocked, e.duration)
  }).observe({ entryTypes: ['longtask'] })
  const look = () => {
    if (window.sightlineProbe?.timeline !== undefined && document.querySelector('[data-waterfall] [role="row"]') !== null) marks.interactive = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
