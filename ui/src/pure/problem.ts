/** What the server says when it refuses; `hint` is the next step for the reader. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly requestId: string,
    /** Offset into the query text, for bad_query. */
    readonly position: number | null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

/** Reads the server's error body; anything else becomes the plain status. */
export function problemOf(status: number, body: unknown, requestId: string): ApiError {
  const e = field(body, 'error')
  const str = (name: string) => {
    const v = field(e, name)
    return typeof v === 'string' ? v : ''
  }
  const position = field(e, 'position')
  // Without a code of ours it was a proxy that answered, because it could not reach the server.
  if (str('code') === '' && status >= 502 && status <= 504) {
    return new ApiError(status, 'unreachable', `Sightline did not answer; a proxy before it said ${status}.`, 'Check that the server is running and reachable, then try again.', requestId, null)
  }
  return new ApiError(
    status,
    str('code') || `http_${status}`,
    str('message') || `The server answered ${status}.`,
    str('hint'),
    str('request_id') || requestId,
    typeof position === 'number' ? position : null,
  )
}

function field(value: unknown, name: string): unknown {
  // "An object that may have this key" cannot be said without a cast.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** The heading over an error. */
export function headline(error: Error): string {
  if (!(error instanceof ApiError)) return 'Something broke on this page'
  if (error.code === 'unreachable') return 'No answer'
  if (error.code === 'engine_restarting') return 'Storage is restarting'
  if (error.status === 404) return 'Not found'
  if (error.status === 400) return 'This cannot be read'
  return 'The server could not answer'
}

/** What a server says, begun and ended as a sentence; its words start small because they also stand behind others. */
export function sentence(text: string): string {
  const end = /[.!?…:]$/.test(text) ? '' : '.'
  return text === '' ? '' : text[0].toUpperCase() + text.slice(1) + end
}

/** Refusals (4xx) are final; outages are tried again. */
export function shouldRetry(failures: number, error: Error): boolean {
  if (error instanceof ApiError && error.status >= 400 && error.status < 500) return false
  return failures < 2
}
