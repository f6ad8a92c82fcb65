import type { ColourBy, SizeBy } from '../pure/mapDraw'
import css from './Legend.module.css'

const CLASSES = [
  ['ok', 'OK'],
  ['error', '4xx'],
  ['fault', '5xx'],
  ['throttle', '429'],
] as const

/** What the map's colours and lines mean; always in view. */
export function Legend({ size, colour }: { size: SizeBy; colour: ColourBy }) {
  return (
    <ul className={css.legend} aria-label="Legend">
      {colour === 'health' ? (
        CLASSES.map(([name, label]) => (
          <li key={name}>
            <span className={css.swatch} data-class={name} />
            {label}
          </li>
        ))
      ) : (
        <li>
          <span className={css.ramp} /> p95, slower is brighter
        </li>
      )}
      <li className={css.wide}>
        <svg width="26" height="8" aria-hidden="true">
          <path d="M0 4h26" className={css.dashed} />
        </svg>
        async
      </li>
      <li className={css.wide}>
        <svg width="14" height="14" aria-hidden="true">
          <circle cx="7" cy="7" r="5.5" className={css.inferred} />
        </svg>
        not instrumented
      </li>
      <li className={css.wide}>{size === 'constant' ? 'size: constant' : `size: ${size === 'traffic' ? 'traffic' : 'p95'}`}</li>
      <li className={css.wide}>in the node: p95, requests</li>
    </ul>
  )
}
