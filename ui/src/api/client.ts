/** The one place that calls fetch. */

import { ApiError, problemOf } from '../pure/problem'

export type Query = Record<string, string | number | boolean | undefined>

export function apiPath(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '' && value !== false) params.set(name, value === true ? 'true' : String(value))
  }
  const text = params.toString()
  return `/api/${path}${text === '' ? '' : '?' + text}`
}

/** Reads JSON. T is trusted: the server's own tests hold it to docs/openapi.yaml. */
export async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(apiPath(path, query), { signal, headers: { accept: 'application/json' } })
  // JSON.parse gives an unknown shape; see above.
  return (await response.json()) as T
}

/** Reads an answer whole and unparsed, for what is decoded in a Worker or saved to a file. */
export async function getBytes(path: string, query: Query, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await send(apiPath(path, query), { signal, headers: { accept: 'application/json' } })
  return response.arrayBuffer()
}

/** Sends a file and reads the answer unparsed. */
export async function postFile(path: string, query: Query, file: Blob, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await send(apiPath(path, query), { method: 'POST', signal, headers: { accept: 'application/json', 'content-type': 'application/json' }, body: file })
  return response.arrayBuffer()
}

/** Sends JSON and reads JSON, which is trusted as that of get; an answer without a body is undefined. */
export async function post<T = void>(path: string, body: Record<string, string>): Promise<T> {
  const response = await send(apiPath(path), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const text = await response.text()
  // See get.
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** Replaces something by JSON and reads JSON, which is trusted as that of get. */
export async function put<T>(path: string, query: Query, body: object): Promise<T> {
  const response = await send(apiPath(path, query), { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  // See get.
  return (await response.json()) as T
}

/** Deletes and reads JSON, which is trusted as that of get. */
export async function removeFor<T>(path: string, query: Query): Promise<T> {
  const response = await send(apiPath(path, query), { method: 'DELETE' })
  // See get.
  return (await response.json()) as T
}

export async function remove(path: string): Promise<void> {
  await send(apiPath(path), { method: 'DELETE' })
}

async function send(url: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause
    throw new ApiError(0, 'unreachable', 'Sightline did not answer.', 'Check that the server is running and reachable, then try again.', '', null)
  }
  if (!response.ok) throw await refusal(response)
  return response
}

async function refusal(response: Response): Promise<ApiError> {
  let body: unknown = null
  try {
    body = await response.json()
  } catch {
    // A proxy's page, not our server's answer: the status says enough.
  }
  return problemOf(response.status, body, response.headers.get('x-request-id') ?? '')
}
