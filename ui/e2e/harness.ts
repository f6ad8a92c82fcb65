// Starts the real program, the real shop and a real browser for the tests in this folder.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import { follow } from './look.ts'

const root = path.resolve(import.meta.dirname, '../..')

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again until the answer is not undefined; fails with what after the deadline. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 120): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`no ${what} after ${seconds} s`, { cause: last })
    await pause(250)
  }
}

/** A port below those that systems give to outgoing connections, one of which would else be on it before our program is. */
function freePort(tries = 50): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 12_000)
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (tries > 1) resolve(freePort(tries - 1))
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await gone
  clearTimeout(late)
}

export interface Sightline {
  page: string
  grpc: string
  http: string
  get<T>(path: string): Promise<T>
  run(...args: string[]): Promise<string>
  stop(): Promise<void>
}

/** `more` is environment beside that of every test. */
export async function startSightline(more: Record<string, string> = {}): Promise<Sightline> {
  const binary = process.env['SIGHTLINE_BINARY'] ?? path.join(root, 'sightline')
  if (!existsSync(binary)) throw new Error(`there is no ${binary}; run \`make build\``)
  const [listen, grpc, http] = await Promise.all([freePort(), freePort(), freePort()])
  const data = mkdtempSync(path.join(tmpdir(), 'sightline-e2e-'))
  const env = {
    ...process.env,
    SIGHTLINE_LISTEN: `127.0.0.1:${listen}`,
    SIGHTLINE_OTLP_GRPC: `127.0.0.1:${grpc}`,
    SIGHTLINE_OTLP_HTTP: `127.0.0.1:${http}`,
    SIGHTLINE_DATA_DIR: data,
    SIGHTLINE_LOG_LEVEL: 'warn',
    SIGHTLINE_XRAY_UDP: '', // fixed addresses, of which there is one of each
    SIGHTLINE_XRAY_TCP: '',
    ...more,
  }
  const child = spawn(binary, [], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const page = `http://127.0.0.1:${listen}`
  await until('answer from /readyz', async () => {
    if (child.exitCode !== null) throw new Error(`sightline ended with ${child.exitCode}`)
    return (await fetch(`${page}/readyz`)).ok ? true : undefined
  })
  return {
    page,
    grpc: `http://127.0.0.1:${grpc}`,
    http: `http://127.0.0.1:${http}`,
    async get<T>(at: string): Promise<T> {
      const response = await fetch(page + at)
      if (!response.ok) throw new Error(`${at} answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as T // the shapes are checked against openapi.yaml by the Go tests
    },
    run(...args: string[]): Promise<string> {
      return new Promise((resolve, reject) => {
        const command = spawn(binary, args, { cwd: root, env })
        let out = ''
        command.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
        command.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
        command.once('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(out))))
      })
    },
    async stop() {
      await end(child)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export interface Shop {
  stop(): Promise<void>
}

export function startShop(sightline: Sightline, rate: number): Shop {
  const binary = path.join(root, 'bin/shop')
  if (!existsSync(binary)) throw new Error('there is no bin/shop; run `make bin/shop`')
  const child = spawn(binary, ['all', '-endpoint', sightline.grpc, '-rate', String(rate)], { stdio: ['ignore', 'ignore', 'inherit'] })
  return { stop: () => end(child) }
}

/** Debian's Chromium, with what keeps it from looking for Google's hosts, and flags of the test's own. */
export function openBrowser(...more: string[]): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((at) => existsSync(at))
  if (executablePath === undefined) throw new Error('no Chromium; install Debian\'s package chromium, or name one in CHROMIUM')
  return chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  })
}

export interface View {
  width: number
  height: number
  theme: 'dark' | 'light'
}

export const desktop: View = { width: 1440, height: 900, theme: 'dark' }

/** A page whose console errors and failed requests fail the test that closes it. */
export async function openPage(browser: Browser, url: string, view: View = desktop): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: view.width, height: view.height }, colorScheme: view.theme, reducedMotion: 'reduce' })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  follow(page)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text())
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.url()} answered ${response.status()}`)
  })
  await page.goto(url)
  return { page, problems }
}
