import { defineConfig } from 'vitest/config'

// Behaviour and budgets in a real browser against the built page: `npm run test:pages`, with
// `trace.perf` at the end for the budgets alone. Not a part of `npm test`, which needs no browser.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.browser.ts', '*.perf.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
