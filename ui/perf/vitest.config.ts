import { defineConfig } from 'vitest/config'

// Budgets in a real browser against the built page: `npx vitest run -c perf/vitest.config.ts`. Not a part of `npm test`.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.perf.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
