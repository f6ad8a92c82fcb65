import type { Class } from '../api/types'
import type { ColourBy, SizeBy } from '../pure/mapDraw'
import type { Shape as AlertShape } from '../pure/alertShapes'
import { type Versus, VERSUS_WORDS } from '../pure/mapCompare'
import { Shape } from '../widgets/AlertBadge'
import css from './Legend.module.css'

const CLASSES = [
  ['ok', 'OK'],
  ['error', '4xx'],
  ['fault', '5xx'],
  ['throttle', '429'],
] as const

type Props = { size: SizeBy; colour: ColourBy; versus?: Versus; /** some node has a mark of a deployment */ deployed?: boolean; /** shapes of the alerts on the map */ alerts?: readonly AlertShape[]; /** these are of a time that is over */ past?: boolean; marked: readonly Class[]; onMark: (what: Class) => void }

/** What the map's colours and lines mean; always in view. A class that is pressed lets the nodes without it step back. */
export function Legend({ size, colour, versus = 'prev', deployed = false, alerts = [], past = false, marked, onMark }: Props) {
  return (
    <ul className={css.legend} aria-label="Legend">
      {colour === 'health' &&
        CLASSES.map(([name, label]) => (
          <li key={name}>
            <button type="button" className={css.toggle} aria-pressed={marked.includes(name)} onClick={() => onMark(name)}>
              <span className={css.swatch} data-class={name} />
              {label}
            </button>
          </li>
        ))}
      {colour === 'latency' && (
        <li>
          <span className={css.ramp} /> p95, slower is brighter
        </li>
      )}
      {colour === 'change' && (
        <>
          <li>
            <span className={css.swatch} data-class="slower" /> worse than {VERSUS_WORDS[versus]}
          </li>
          <li>
            <span className={css.swatch} data-class="faster" /> better
          </li>
          <li className={css.wide}>
            <span className={css.swatch} data-class="same" /> much the same
          </li>
          <li className={css.wide}>
            <span className={css.swatch} data-class="new" /> new
          </li>
        </>
      )}
      {alerts.map((shape) => (
        <li key={shape} className={css.alert} data-shape={shape}>
          <Shape shape={shape} size={11} /> {shape} <span className={css.long}>alert{past && shape !== 'pending' && ', fired'}</span>
        </li>
      ))}
      {deployed && (
        <li className={css.wide}>
          <span className={css.deployed} /> deployed
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
      {colour !== 'change' && <li className={css.wide}>{size === 'constant' ? 'size: constant' : `size: ${size === 'traffic' ? 'traffic' : 'p95'}`}</li>}
      {colour !== 'change' && <li className={css.wide}>figures: p95, requests</li>}
    </ul>
  )
}
