import { defineConfig } from 'vitest/config'

// Behaviour and budgets in a real browser against the built page. Behaviour goes two files at a time; budgets (SIGHTLINE_BUDGETS=1) want
// the cores for themselves.
const budgets = process.env['SIGHTLINE_BUDGETS'] !== undefined

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: [budgets ? '*.perf.ts' : '*.browser.ts'],
    globalSetup: './built.ts',
    environment: 'node',
    maxWorkers: budgets ? 1 : 2,
    fileParallelism: !budgets,
    testTimeout: 300_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['verbose'],
  },
})
