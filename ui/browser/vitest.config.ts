import { defineConfig } from 'vitest/config'

// Behaviour and budgets in a real browser against the built page. Behaviour goes two files at a time; budgets (SIGHTLINE_BUDGETS=1) want
// the cores for themselves.
const budgets = process.env['SIGHTLINE_BUDGETS'] !== undefined

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: [budgets ? '*.perf.ts' : '*.browser.ts'],
    environment: 'node',
    maxWorkers: budgets ? 1 : 2,
    fileParallelism: !budgets,
    retry: 1, // a stall of shared cores is no fault of the page; what fails twice is
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
