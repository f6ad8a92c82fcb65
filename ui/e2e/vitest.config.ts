import { defineConfig } from 'vitest/config'

// Browser tests against the real binary and the real shop; two files at a time, for they mostly wait.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['verbose'],
  },
})
