import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './SortHeader.module.css'

type Props = {
  children: ReactNode
  /** The direction, if the table is sorted by this column. */
  dir: 'asc' | 'desc' | null
  right?: boolean
  onSort: () => void
}

/** The head of a sortable column. */
export function SortHeader({ children, dir, right = false, onSort }: Props) {
  return (
    <div role="columnheader" aria-sort={dir === null ? 'none' : dir === 'asc' ? 'ascending' : 'descending'} className={css.head} data-right={right || undefined}>
      <button type="button" className={css.button} onClick={onSort} data-on={dir !== null || undefined}>
        {children}
        <span className={css.arrow}>{dir === 'desc' ? <ArrowDown size={12} /> : <ArrowUp size={12} />}</span>
      </button>
    </div>
  )
}
