/** What follows from making and revoking keys. */
import type { Key, Keys } from '../api/keys'
import { formatAgo } from './format'
import { isLoopback } from './snippets'
import { type EpochMs, epochMsOfRFC3339 } from './units'

export const MAX_KEY_NAME = 64

/** What is wrong with a name, in words; null for a good one. The server has the same rules. */
export function nameProblem(name: string): string | null {
  const text = name.trim()
  if (text === '') return 'Name it after who will show it.'
  if ([...text].length > MAX_KEY_NAME) return `At most ${MAX_KEY_NAME} characters.`
  return /[\p{C}]/u.test(text) ? 'It has characters that cannot be printed.' : null
}

/** Whether an ingest key made now would be the first, so that senders without one are refused from then on. */
export function closesTheDoor(keys: Keys): boolean {
  return !keys.required
}

/** When a key was last shown, in words. */
export function lastUsed(key: Key, now: EpochMs): string {
  return key.last_used === null ? 'not since the start' : formatAgo(epochMsOfRFC3339(key.last_used), now)
}

/** A key shown within this time is in use, as far as anybody can tell. */
const IN_USE_MS = 15 * 60_000

export function inUse(key: Key, now: EpochMs): boolean {
  return key.last_used !== null && now - epochMsOfRFC3339(key.last_used) < IN_USE_MS
}

/** What will break when a key is revoked, most important first. `listening` are the addresses of the receivers. */
export function consequences(key: Key, all: readonly Key[], listening: readonly string[], now: EpochMs): string[] {
  const out: string[] = []
  if (key.scope === 'read') {
    out.push('Programs that read with it, such as dashboards and scripts, are answered 401 at once.')
  } else {
    out.push('Senders that show it are refused at once, and their spans are lost unless they are sent again with another key.')
  }
  if (inUse(key, now)) out.push(`It is in use: last shown ${lastUsed(key, now)}.`)
  else out.push(key.last_used === null ? 'It was not shown since Sightline started.' : `It was last shown ${lastUsed(key, now)}.`)
  if (key.scope === 'ingest' && all.filter((k) => k.scope === 'ingest').length === 1) {
    const open = listening.filter((a) => a !== '').every(isLoopback)
    out.push(
      open
        ? 'It is the last ingest key: from then on everybody on this machine may send without one.'
        : 'It is the last ingest key: nobody can send until there is another one, because other machines can reach this instance.',
    )
  }
  return out
}
