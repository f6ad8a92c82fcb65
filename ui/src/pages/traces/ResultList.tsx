import { useMemo, type RefObject } from 'react'
import type { TraceSummary } from '../../api/types'
import { assignHues } from '../../pure/colour'
import type { SharedSearch } from '../../url'
import { useNow } from '../../widgets/useNow'
import { ResultRow } from './ResultRow'
import { RowSlot } from './RowSlot'
import { useRows } from './useRows'
import css from './ResultList.module.css'

/** What both lists are given. */
export type ListProps = {
  shared: SharedSearch
  /** The element that scrolls. */
  scroller: RefObject<HTMLDivElement | null>
  /** What stands above the list inside the scroller, in px. */
  offset: number
  /** Ids of traces. */
  marks: readonly string[]
  peek: string | undefined
  onEnd: () => void
  onMark: (traceId: string) => void
  /** `follow` is true where the keys go through the rows beside an open trace. */
  onPeek: (traceId: string, follow: boolean) => void
}

type Props = ListProps & {
  traces: readonly TraceSummary[]
  filtered: boolean
  chipsWidth: number
  prefetch: (trace: TraceSummary) => void
}

/** The traces found; only the rows in view exist. */
export function ResultList({ traces, filtered, shared, scroller, offset, chipsWidth, marks, peek, onEnd, onMark, onPeek, prefetch }: Props) {
  const now = useNow(30_000)
  const hues = useMemo(() => assignHues(traces.flatMap((t) => t.services.map((s) => s.name))), [traces])
  const longest = useMemo(() => traces.reduce((max, t) => Math.max(max, t.duration_ns), 0), [traces])
  const { list, rows, height, setActive } = useRows({
    count: traces.length,
    keyOf: (i) => traces[i].trace_id,
    scroller,
    offset,
    onEnd,
    onPeek: (i) => onPeek(traces[i].trace_id, false),
    onMark: (i) => onMark(traces[i].trace_id),
    onActive: (i) => onPeek(traces[i].trace_id, true),
  })
  return (
    <div ref={list} className={css.list} role="list" aria-label="Traces" style={{ height }}>
      {rows.map((row) => {
        const trace = traces[row.index]
        return (
          <RowSlot
            key={row.key}
            height={row.size}
            top={row.start - offset}
            name={`${trace.root?.name ?? trace.matched.name} at ${trace.start}`}
            marked={marks.includes(trace.trace_id)}
            peeked={peek === trace.trace_id}
            onMark={() => onMark(trace.trace_id)}
            onPeek={() => onPeek(trace.trace_id, false)}
          >
            <ResultRow trace={trace} index={row.index} filtered={filtered} hues={hues} longest={longest} chipsWidth={chipsWidth} now={now} shared={shared} onFocus={() => setActive(row.index)} prefetch={prefetch} />
          </RowSlot>
        )
      })}
    </div>
  )
}
