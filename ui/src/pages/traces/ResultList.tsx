import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react'
import type { TraceSummary } from '../../api/types'
import { assignHues } from '../../pure/colour'
import type { SharedSearch } from '../../url'
import { useHotkeys } from '../../widgets/hotkeys'
import { useNow } from '../../widgets/useNow'
import { ResultRow } from './ResultRow'
import css from './ResultList.module.css'

const ROW = 52

type Props = {
  traces: readonly TraceSummary[]
  filtered: boolean
  shared: SharedSearch
  /** The element that scrolls. */
  scroller: RefObject<HTMLDivElement | null>
  /** What stands above the list inside the scroller, in px. */
  offset: number
  chipsWidth: number
  onEnd: () => void
  prefetch: (trace: TraceSummary) => void
}

/** The traces found, newest first; only the rows in view exist. */
export function ResultList({ traces, filtered, shared, scroller, offset, chipsWidth, onEnd, prefetch }: Props) {
  const now = useNow(30_000)
  const list = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const hues = useMemo(() => assignHues(traces.flatMap((t) => t.services.map((s) => s.name))), [traces])
  const longest = useMemo(() => traces.reduce((max, t) => Math.max(max, t.duration_ns), 0), [traces])
  const virtual = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (i) => traces[i].trace_id,
  })
  const rows = virtual.getVirtualItems()
  const last = rows.length === 0 ? -1 : rows[rows.length - 1].index
  useEffect(() => {
    if (last >= traces.length - 15 && last >= 0) onEnd()
  }, [last, traces.length, onEnd])

  const move = (by: number) => {
    const next = Math.max(0, Math.min(traces.length - 1, active + by))
    setActive(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    // The row may have to be mounted first.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus())
  }
  useHotkeys('Traces', [
    { keys: 'j', label: 'Next trace', run: () => move(1) },
    { keys: 'k', label: 'Previous trace', run: () => move(-1) },
    { keys: 'arrowdown', run: () => move(1) },
    { keys: 'arrowup', run: () => move(-1) },
    { keys: 'enter', label: 'Open the trace', run: () => list.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)?.click() },
  ])

  return (
    <div ref={list} className={css.list} role="list" aria-label="Traces" style={{ height: virtual.getTotalSize() }}>
      {rows.map((row) => (
        <div key={row.key} role="listitem" className={css.slot} style={{ height: row.size, transform: `translateY(${row.start - offset}px)` }}>
          <ResultRow
            trace={traces[row.index]}
            index={row.index}
            filtered={filtered}
            hues={hues}
            longest={longest}
            chipsWidth={chipsWidth}
            now={now}
            shared={shared}
            onFocus={() => setActive(row.index)}
            prefetch={prefetch}
          />
        </div>
      ))}
    </div>
  )
}
