import { Link } from '@tanstack/react-router'
import { ArrowUp, GitCompareArrows, X } from 'lucide-react'
import type { Reason } from '../../api/types'
import { formatClock, formatShort, plural } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { SharedSearch } from '../../url'
import { Button, IconButton } from '../../widgets/Button'
import { Notice } from '../../widgets/States'
import css from './Result.module.css'

/** Says that the list is not the newest any more, and brings what came since. */
export function NewerPill({ count, most, what, onClick }: { count: number; most: number; what: string; onClick: () => void }) {
  return (
    <div className={css.pillPlace} role="status">
      {count > 0 && (
        <button type="button" className={css.pill} onClick={onClick}>
          <ArrowUp size={14} aria-hidden="true" />
          {count >= most ? `${most}+ newer ${what}s` : plural(count, `newer ${what}`)}
        </button>
      )}
    </div>
  )
}

/** What is marked for comparing, and the way there. */
export function MarkBar({ marks, shared, onClear }: { marks: readonly string[]; shared: SharedSearch; onClear: () => void }) {
  if (marks.length === 0) return null
  return (
    <div className={css.marks} role="group" aria-label="Marked traces">
      <span>
        {marks.map((m) => (
          <code key={m} className={css.id}>
            {m.slice(0, 8)}
          </code>
        ))}
      </span>
      {marks.length === 2 ? (
        <Link to="/compare/$a/$b" params={{ a: marks[0], b: marks[1] }} search={shared} className={css.go}>
          <GitCompareArrows size={14} aria-hidden="true" /> Compare these traces
        </Link>
      ) : (
        <span className={css.wait}>Mark another one to compare them</span>
      )}
      <IconButton size="sm" label="Clear the marks" onClick={onClear}>
        <X size={14} />
      </IconButton>
    </div>
  )
}

type FooterProps = {
  last: { complete: boolean; reason: Reason; searched_from: string; next_cursor: string | null; elapsed_ms: number; rows_read: number } | undefined
  count: number
  what: 'trace' | 'span'
  fetching: boolean
  onMore: () => void
}

export function Footer({ last, count, what, fetching, onMore }: FooterProps) {
  if (last === undefined) return null
  return (
    <div className={css.footer}>
      {!last.complete && (
        <Notice tone="warn" action={<Button size="sm" disabled={fetching} onClick={onMore}>Search further back</Button>}>
          Stopped at {last.reason === 'row_limit' ? 'the row limit' : 'the time limit'}; searched back to {formatClock(epochMsOfRFC3339(last.searched_from), false)}.
        </Notice>
      )}
      <p>
        {fetching ? `Loading older ${what}s …` : plural(count, what)}
        {last.next_cursor === null && last.complete && !fetching ? ', all there are' : ''}
        {' · '}
        {formatShort(last.elapsed_ms)} ms · {formatShort(last.rows_read)} rows read
      </p>
    </div>
  )
}
