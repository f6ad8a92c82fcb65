/** Hotkeys as texts: `r`, `?`, `mod+k`, `shift+e`, `alt+arrowleft`, or a sequence such as `g m`. */

export type Press = { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean }

/** How long the second key of a sequence may take, in ms. */
export const SEQUENCE_MS = 1000

/** The chord of a key press in the spelling of the registry. */
export function chordOf(press: Press): string {
  const key = press.key === ' ' ? 'space' : press.key.toLowerCase()
  const parts: string[] = []
  if (press.ctrlKey || press.metaKey) parts.push('mod')
  if (press.altKey) parts.push('alt')
  // For signs, Shift is part of how the sign is typed; for letters and named keys it means something.
  if (press.shiftKey && (key.length > 1 || /[a-z]/.test(key))) parts.push('shift')
  parts.push(key)
  return parts.join('+')
}

/** Whether `pressed`, the chords so far, is a hotkey (`run`), the beginning of one (`wait`), or neither. */
export function match(pressed: readonly string[], hotkeys: readonly string[]): { run: string } | 'wait' | 'none' {
  const text = pressed.join(' ')
  const exact = hotkeys.find((h) => h === text)
  if (exact !== undefined) return { run: exact }
  return hotkeys.some((h) => h.startsWith(text + ' ')) ? 'wait' : 'none'
}
