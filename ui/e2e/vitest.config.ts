import { defineConfig } from 'vitest/config'

// Browser tests against the real binary and the real shop; one file at a time, for they share two cores.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
