import { useNavigate } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'
import { useTraceFile } from '../../api/trace'
import { useShared } from '../../nav'
import { SORT_LABEL, SORTS, type Sort, sortsOf } from '../../pure/resultSort'
import type { Range } from '../../pure/time'
import { OpenFileButton } from '../../widgets/OpenFile'
import { Button } from '../../widgets/Button'
import { Segmented } from '../../widgets/Segmented'
import { Columns } from './Columns'
import css from './Toolbar.module.css'

export type View = 'traces' | 'spans'

type Props = {
  view: View
  onView: (view: View) => void
  sort: Sort
  onSort: (sort: Sort) => void
  columns: readonly string[]
  onColumns: (columns: string[]) => void
  range: Range
  /** Whether the query is TraceQL: then rows are traces, the newest first. */
  structural: boolean
  /** Whether there is anything that failed. */
  failures: boolean
  onFailures: () => void
}

const VIEWS = [
  { value: 'traces', label: 'Traces' },
  { value: 'spans', label: 'Spans' },
] as const

/** Over the list: what a row is, in which order they are, and what they say. */
export function Toolbar(p: Props) {
  const navigate = useNavigate()
  const shared = useShared()
  const reading = useTraceFile((traceId) => void navigate({ to: '/trace/$traceId', params: { traceId }, search: { ...shared, file: true } }))
  return (
    <div className={css.toolbar} role="toolbar" aria-label="Result">
      {p.structural ? (
        <span className={css.said}>Traces that TraceQL finds, newest first</span>
      ) : (
        <>
          <Segmented label="Rows" value={p.view} options={VIEWS} onChange={p.onView} />
          <select className={css.select} aria-label="Order" value={p.sort} onChange={(e) => p.onSort(SORTS.find((s) => s === e.target.value) ?? 'newest')}>
            {sortsOf(p.view).map((s) => (
              <option key={s} value={s}>
                {SORT_LABEL[s]}
              </option>
            ))}
          </select>
        </>
      )}
      {p.view === 'spans' && <Columns columns={p.columns} range={p.range} onColumns={p.onColumns} />}
      <span className={css.space} />
      <OpenFileButton {...reading} />
      {p.failures && (
        <Button look="quiet" size="sm" onClick={p.onFailures} title="What is different about the failures?">
          <GitCompareArrows size={14} aria-hidden="true" /> Compare failures
        </Button>
      )}
    </div>
  )
}
