/** The part of the trace's time in view, outside of React: zooming repaints canvases and draws no component anew. */
import { useSyncExternalStore } from 'react'
import type { View } from '../pure/traceView'

export interface ViewStore {
  readonly get: () => View
  readonly set: (view: View) => void
  readonly subscribe: (listener: () => void) => () => void
}

export function createViewStore(first: View): ViewStore {
  let now = first
  const listeners = new Set<() => void>()
  return {
    get: () => now,
    set: (view) => {
      if (view.from === now.from && view.to === now.to) return
      now = view
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function useView(store: ViewStore): View {
  return useSyncExternalStore(store.subscribe, store.get)
}
