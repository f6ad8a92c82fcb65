import { CircleAlert, CircleCheck, Gauge, TriangleAlert } from 'lucide-react'
import type { Class } from '../api/types'
import { OUTCOME_LABEL } from '../pure/outcome'
import css from './ClassMark.module.css'

/** How a request ended: colour and shape, so that colour is never alone. */
export function ClassMark({ value, size = 14, label = true }: { value: Class; size?: number; label?: boolean }) {
  const Icon = value === 'ok' ? CircleCheck : value === 'error' ? TriangleAlert : value === 'throttle' ? Gauge : CircleAlert
  return (
    <span className={css.mark} data-class={value} title={label ? OUTCOME_LABEL[value] : undefined}>
      <Icon size={size} aria-hidden="true" />
      {label && <span className="visually-hidden">{OUTCOME_LABEL[value]}</span>}
    </span>
  )
}
