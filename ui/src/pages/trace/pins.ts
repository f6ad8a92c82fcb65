/** Attributes that the reader wants to see first: a habit of theirs, so it is kept in the browser and not in the URL. */
import { useSyncExternalStore } from 'react'

const KEY = 'sightline.trace.pins'
const MOST = 40

let pins: readonly string[] | null = null
const listeners = new Set<() => void>()

function read(): readonly string[] {
  if (pins !== null) return pins
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    pins = Array.isArray(kept) ? kept.filter((k) => typeof k === 'string').slice(0, MOST) : []
  } catch {
    pins = [] // Storage is forbidden, or holds something else.
  }
  return pins
}

export function setPin(key: string, on: boolean): void {
  pins = on ? [...read().filter((k) => k !== key), key].slice(-MOST) : read().filter((k) => k !== key)
  try {
    localStorage.setItem(KEY, JSON.stringify(pins))
  } catch {
    // As above; the pin then lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

/** Pinned keys, spelt as in a filter, the latest last. */
export function usePins(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read,
  )
}
