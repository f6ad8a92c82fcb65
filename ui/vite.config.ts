import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The Go program embeds dist/, and git keeps the folder by this file: put it back after vite has emptied the folder.
const keep: Plugin = {
  name: 'keep-dist',
  apply: 'build',
  closeBundle: () => writeFileSync(new URL('./dist/.keep', import.meta.url), ''),
}

// The server sends these twins as they are: smaller than what it could make while somebody waits.
const pack: Plugin = {
  name: 'pack-dist',
  apply: 'build',
  closeBundle: () => {
    const dist = path.join(import.meta.dirname, 'dist')
    for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue
      const file = path.join(entry.parentPath, entry.name)
      const data = readFileSync(file)
      writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }))
      writeFileSync(`${file}.br`, brotliCompressSync(data))
    }
  },
}

// SIGHTLINE_URL is the address of a running Sightline for `npm run dev`.
const server = process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:7070'

export default defineConfig({
  plugins: [react(), keep, pack],
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
