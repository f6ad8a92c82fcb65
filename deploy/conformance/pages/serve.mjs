// Serves the built files of somebody else's page below a prefix, and sends what the page asks of its API to Sightline, as a proxy would.
import { createServer, request } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.json': 'application/json', '.woff2': 'font/woff2', '.wasm': 'application/wasm' }

/**
 * @param {{ folder: string, prefix: string, api: RegExp, target: string, index?: (html: string) => string }} page the folder has an
 * index.html, which index may change as the page's own server does; paths that match api go to target
 * @returns {Promise<{ url: string, failed: string[], close: () => void }>} failed are the answers of 400 and above, as "404 GET /path"
 */
export async function serve({ folder, prefix, api, target, index = html => html }) {
  const failed = []
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url, 'http://page')
    if (api.test(pathname)) {
      const to = new URL(req.url, target)
      const ask = request(to, { method: req.method, headers: { ...req.headers, host: to.host } }, answer => {
        if (answer.statusCode >= 400) failed.push(`${answer.statusCode} ${req.method} ${req.url}`)
        res.writeHead(answer.statusCode, answer.headers)
        answer.pipe(res)
      })
      ask.on('error', err => { failed.push(`${err.message} ${req.method} ${req.url}`); res.writeHead(502).end() })
      return req.pipe(ask)
    }
    const file = normalize(pathname.startsWith(prefix) ? pathname.slice(prefix.length) : pathname).replace(/^(\.\.[/\\])+/, '')
    try {
      if (!types[extname(file)]) throw new Error('a path of the page itself')
      const body = await readFile(join(folder, file))
      res.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' }).end(body)
    } catch {
      if (!req.headers.accept?.includes('text/html')) return res.writeHead(404).end()
      res.writeHead(200, { 'Content-Type': 'text/html' }).end(index(await readFile(join(folder, 'index.html'), 'utf8')))
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}`, failed, close: () => { server.closeAllConnections(); server.close() } }
}
