import { writeFileSync } from 'node:fs'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The Go program embeds dist/, and git keeps the folder by this file: put it back after vite has emptied the folder.
const keep: Plugin = {
  name: 'keep-dist',
  apply: 'build',
  closeBundle: () => writeFileSync(new URL('./dist/.keep', import.meta.url), ''),
}

// SIGHTLINE_URL is the address of a running Sightline for `npm run dev`.
const server = process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:7070'

export default defineConfig({
  plugins: [react(), keep],
  server: { proxy: { '/api': server } },
  build: {
    target: 'es2022',
    sourcemap: false,
    modulePreload: { polyfill: false },
    // Fonts and scripts must stay files: the content security policy allows 'self' only.
    assetsInlineLimit: 0,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
