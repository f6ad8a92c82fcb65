// Before the tests of this folder: the built page is there, and as new as what it is made of. `make` has built it; by hand it may be old.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

/** The time at which the newest of these was written, in ms. */
function newest(at: string): number {
  const found = statSync(at)
  return found.isDirectory() ? Math.max(0, ...readdirSync(at).map((name) => newest(path.join(at, name)))) : found.mtimeMs
}

export function setup(): void {
  const page = path.join(root, 'dist/index.html')
  const sources = ['src', 'public', 'index.html', 'vite.config.ts', 'tsconfig.json', 'package.json'].map((name) => newest(path.join(root, name)))
  if (existsSync(page) && statSync(page).mtimeMs >= Math.max(...sources)) return
  // As `make` builds it: under the test runner's own NODE_ENV the page would get React's development build, which is much slower.
  const env = { ...process.env }
  delete env['NODE_ENV']
  const { status } = spawnSync(path.join(root, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error'], { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) throw new Error('the page could not be built')
}
