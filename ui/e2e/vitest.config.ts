import { defineConfig } from 'vitest/config'

// Browser tests against the real binary and the real shop; two files at a time, for they mostly wait.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    environment: 'node',
    maxWorkers: 2,
    maxConcurrency: 2, // screens: one is looked through while the other waits
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['verbose'],
  },
})
