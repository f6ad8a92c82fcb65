/** The hotkey registry: what is on the page declares its keys here, and the `?` sheet is made from the same list. */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { chordOf, match, SEQUENCE_MS } from '../pure/hotkeys'

export type Hotkey = {
  keys: string
  /** What the sheet says; hotkeys without a label are aliases and are not listed. */
  label?: string
  /** Absent for keys that are only listed, because what has the focus handles them. */
  run?: () => void
  /** Also while a text field has the focus. */
  inFields?: boolean
}

export type Scope = { title: string; hotkeys: readonly Hotkey[] }

let scopes: readonly Scope[] = []
const listeners = new Set<() => void>()
let pressed: string[] = []
let timer: ReturnType<typeof setTimeout> | undefined

function set(next: readonly Scope[]): void {
  scopes = next
  for (const listener of listeners) listener()
}

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Enter and the space bar on a control belong to the control. */
function isPress(chord: string, target: EventTarget | null): boolean {
  return /^(enter|space)$/.test(chord) && target instanceof Element && target.closest('a,button,summary,label') !== null
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || /^(Shift|Control|Alt|Meta)$/.test(event.key)) return
  const chord = chordOf(event)
  if (isPress(chord, event.target)) return
  const field = inField(event.target)
  const layer = event.target instanceof Element && event.target.closest('[role="dialog"],[role="menu"],[role="listbox"]') !== null
  // The innermost scope, which came last, wins.
  const all = scopes.flatMap((s) => s.hotkeys).filter((h) => h.run !== undefined && ((!field && !layer) || h.inFields === true))
  clearTimeout(timer)
  let found = match([...pressed, chord], all.map((h) => h.keys))
  pressed = [...pressed, chord]
  if (found === 'none' && pressed.length > 1) {
    found = match([chord], all.map((h) => h.keys))
    pressed = [chord]
  }
  if (found === 'wait') {
    timer = setTimeout(() => (pressed = []), SEQUENCE_MS)
    return
  }
  pressed = []
  if (found === 'none') return
  const { run } = found
  event.preventDefault()
  all.findLast((h) => h.keys === run)?.run?.()
}

/** Registers keys while the component is mounted. The list may be new on every draw; `title` groups it in the sheet. */
export function useHotkeys(title: string, hotkeys: readonly Hotkey[]): void {
  const latest = useRef(hotkeys)
  useEffect(() => {
    latest.current = hotkeys
  })
  // Keys and labels alone decide whether to register anew; what they run is looked up when pressed.
  const shape = JSON.stringify(hotkeys.map((h) => [h.keys, h.label ?? '', h.inFields === true, h.run !== undefined]))
  useEffect(() => {
    const scope: Scope = {
      title,
      hotkeys: latest.current.map((h) => ({ ...h, run: h.run && (() => latest.current.find((now) => now.keys === h.keys)?.run?.()) })),
    }
    if (scopes.length === 0) document.addEventListener('keydown', onKeyDown)
    set([...scopes, scope])
    return () => {
      set(scopes.filter((s) => s !== scope))
      if (scopes.length === 0) document.removeEventListener('keydown', onKeyDown)
    }
  }, [title, shape])
}

/** What the `?` sheet lists. */
export function useHotkeyScopes(): readonly Scope[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => scopes,
  )
}
