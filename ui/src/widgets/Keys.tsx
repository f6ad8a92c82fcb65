import css from './Keys.module.css'

const NAMES: Record<string, string> = { mod: '', shift: '⇧', enter: '↵', escape: 'Esc', arrowup: '↑', arrowdown: '↓', arrowleft: '←', arrowright: '→' }

/** Read when drawn, not when loaded, because tests load this without a browser. */
const modName = () => (/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl')

/** A hotkey as it is printed: `g m`, `mod+k`. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className={css.keys}>
      {keys.split(' ').map((chord, i) => (
        <kbd key={i} className={css.key}>
          {chord
            .split(/\+(?=.)/) // the key + itself stays whole
            .map((k) => (k === 'mod' ? modName() : (NAMES[k.toLowerCase()] ?? (k.length === 1 ? k.toUpperCase() : k))))
            .join(' ')}
        </kbd>
      ))}
    </span>
  )
}
