/** The theme as components and canvases see it: colours by token name, and a way to hear of changes. */
import { useSyncExternalStore } from 'react'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
export type Contrast = 'normal' | 'more'

// public/theme.js reads the same keys before the first paint.
const THEME_KEY = 'sightline.theme'
const CONTRAST_KEY = 'sightline.contrast'

const listeners = new Set<() => void>()
let version = 0
let tokens = new Map<string, string>()

function changed(): void {
  version++
  tokens = new Map()
  for (const listener of listeners) listener()
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // Storage is forbidden; the choice then lasts as long as the page.
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // As above.
  }
}

export function currentTheme(): Theme {
  const value = stored(THEME_KEY)
  return THEMES.find((t) => t === value) ?? 'system'
}

export function currentContrast(): Contrast {
  return stored(CONTRAST_KEY) === 'more' ? 'more' : 'normal'
}

function apply(theme: Theme, contrast: Contrast): void {
  const root = document.documentElement
  const light = matchMedia('(prefers-color-scheme: light)').matches
  root.dataset.theme = theme === 'system' ? (light ? 'light' : 'dark') : theme
  root.dataset.contrast = contrast === 'more' || matchMedia('(prefers-contrast: more)').matches ? 'more' : 'normal'
  changed()
}

export function setTheme(theme: Theme): void {
  store(THEME_KEY, theme)
  apply(theme, currentContrast())
}

export function setContrast(contrast: Contrast): void {
  store(CONTRAST_KEY, contrast)
  apply(currentTheme(), contrast)
}

function subscribe(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: light)')
  const follow = () => apply(currentTheme(), currentContrast())
  if (listeners.size === 0) system.addEventListener('change', follow)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    system.removeEventListener('change', follow)
  }
}

/** A number that grows when the theme changes: put it into the dependencies of what draws on a canvas. */
export function useThemeVersion(): number {
  return useSyncExternalStore(subscribe, () => version)
}

/** The value of a token such as `--fault`, ready for a canvas. Cached until the theme changes. */
export function token(name: string): string {
  let value = tokens.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
    tokens.set(name, value)
  }
  return value
}

/** The colour of a hue of pure/colour.ts, ready for a canvas. */
export function hueToken(hue: number): string {
  return token(`--svc-${hue}`)
}
