import { PanelRight } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './RowSlot.module.css'

type Props = {
  /** px */
  height: number
  top: number
  /** What the row is about, for the names of its controls. */
  name: string
  marked: boolean
  peeked: boolean
  onMark: () => void
  onPeek: () => void
  children: ReactNode
}

/** A row's place in the list: its link, and beside it what a link cannot hold. */
export function RowSlot({ height, top, name, marked, peeked, onMark, onPeek, children }: Props) {
  return (
    <div role="listitem" className={css.slot} style={{ height, transform: `translateY(${top}px)` }} data-marked={marked || undefined} data-peeked={peeked || undefined}>
      {children}
      <label className={css.mark} title="Mark for comparing (c)">
        <input type="checkbox" checked={marked} onChange={onMark} aria-label={`Mark ${name} for comparing`} />
      </label>
      <button type="button" className={css.peek} onClick={onPeek} aria-label={`Look at ${name} beside the list`} title="Look at it beside the list (o)" tabIndex={-1}>
        <PanelRight size={15} aria-hidden="true" />
      </button>
    </div>
  )
}
