import { X } from 'lucide-react'
import css from './TracePage.module.css'

/** An attribute that stands in the timeline, with the way to take it off. */
export function ColumnHead({ name, partial, onRemove }: { name: string; partial: boolean; onRemove: () => void }) {
  return (
    <button type="button" className={css.column} onClick={onRemove} aria-label={`Take ${name} off the timeline`} title={partial ? `${name}: of the newest spans alone, the trace has more` : name}>
      <span>{name}</span>
      {partial && '*'} <X size={11} aria-hidden="true" />
    </button>
  )
}
