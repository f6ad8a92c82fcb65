import { ChevronDown, ChevronUp, CircleAlert, Search } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useState } from 'react'
import { formatCount, plural } from '../../pure/format'
import { type Show } from '../../pure/traceShow'
import { Button, IconButton } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { Segmented } from '../../widgets/Segmented'
import css from './TracePage.module.css'

export const VIEWS = ['timeline', 'flame', 'table', 'map', 'events', 'critical', 'json'] as const
export type TraceView = (typeof VIEWS)[number]
const VIEW_LABEL: Record<TraceView, string> = { timeline: 'Timeline', flame: 'Flame', table: 'Table', map: 'Map', events: 'Logs', critical: 'Critical path', json: 'JSON' }

type Props = {
  view: TraceView
  q: string
  show: Show
  found: number
  /** 0-based place of the selected span among the matches, -1 for none */
  foundAt: number
  problem: string | null
  errors: number
  /** 0-based place of the selected span among the failures, -1 for none */
  errorAt: number
  inputRef: Ref<HTMLInputElement>
  /** stands before the choice of spans */
  children: ReactNode
  onView: (view: TraceView) => void
  onSearch: (q: string) => void
  onShow: (show: Show) => void
  onNext: (step: 1 | -1) => void
  onError: (step: 1 | -1) => void
}

export function TraceToolbar({ inputRef, ...p }: Props) {
  const [text, setText] = useState(p.q)
  const [seen, setSeen] = useState(p.q)
  // The URL may change under the field: by the back button, or a link to a search.
  if (p.q !== seen) {
    setSeen(p.q)
    setText(p.q)
  }
  const { onSearch } = p
  useEffect(() => {
    if (text === seen) return
    const timer = setTimeout(() => {
      setSeen(text)
      onSearch(text)
    }, 180)
    return () => clearTimeout(timer)
  }, [text, seen, onSearch])
  const onKey = (e: KeyboardEvent<HTMLInputElement>) => {
    if (e.key === 'Enter') p.onNext(e.shiftKey ? -1 : 1)
    else if (e.key === 'Escape') {
      if (text !== '') setText('')
      else e.currentTarget.blur()
    } else return
    e.preventDefault()
    e.stopPropagation()
  }
  return (
    <div className={css.toolbar} role="toolbar" aria-label="Trace">
      <Segmented label="View" value={p.view} options={VIEWS.map((value) => ({ value, label: VIEW_LABEL[value] }))} onChange={p.onView} />
      <span className={css.spacer} />
      {p.errors > 0 && (
        <div className={css.errors}>
          <Button size="sm" className={css.errorButton} onClick={() => p.onError(1)} aria-label={`Next failure, ${p.errorAt + 1} of ${p.errors}`}>
            <CircleAlert size={14} aria-hidden="true" />
            {p.errorAt >= 0 ? `${formatCount(p.errorAt + 1)} of ${plural(p.errors, 'error')}` : plural(p.errors, 'error')}
          </Button>
          <IconButton label="Failure before" keys="shift+e" size="sm" onClick={() => p.onError(-1)}>
            <ChevronUp size={14} />
          </IconButton>
          <IconButton label="Next failure" keys="e" size="sm" onClick={() => p.onError(1)}>
            <ChevronDown size={14} />
          </IconButton>
        </div>
      )}
      {p.children}
      <select className={css.select} aria-label="Spans shown" value={p.show} onChange={(e) => p.onShow(readShow(e.target.value))}>
        <option value="all">All spans</option>
        <option value="match">Matches only</option>
        <option value="errors">Errors only</option>
        <option value="critical">Critical path only</option>
      </select>
      <div className={css.search}>
        <Input
          ref={inputRef}
          label="Search in this trace"
          placeholder="Search, or >2.5%"
          icon={<Search size={14} />}
          value={text}
          invalid={p.problem !== null}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={onKey}
        />
        {text !== '' && (
          <span className={css.found} role="status" data-problem={p.problem !== null || undefined}>
            {p.problem ?? (p.found === 0 ? 'no match' : p.foundAt >= 0 ? `${formatCount(p.foundAt + 1)} of ${plural(p.found, 'match', 'matches')}` : plural(p.found, 'match', 'matches'))}
          </span>
        )}
      </div>
    </div>
  )
}

function readShow(value: string): Show {
  return value === 'match' || value === 'errors' || value === 'critical' ? value : 'all'
}
