import { defineConfig } from 'vitest/config'

// Behaviour and budgets in a real browser against the built page: `npm run test:pages`, with
// `trace.perf` at the end for the budgets alone.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.browser.ts', '*.perf.ts'],
    environment: 'node',
    fileParallelism: false,
    retry: 1, // a stall of shared cores is no fault of the page; what fails twice is
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
