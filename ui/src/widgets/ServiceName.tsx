import { hueVar } from '../pure/colour'
import css from './ServiceName.module.css'

/** A service with its colour. `hue` comes from assignHues of the view. */
export function ServiceName({ name, hue }: { name: string; hue: number }) {
  return (
    <span className={css.service}>
      <span className={css.dot} style={{ background: hueVar(hue) }} aria-hidden="true" />
      <span className={css.name}>{name}</span>
    </span>
  )
}
