import { Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import type { SpanRow as Span } from '../../api/types'
import { assignHues, hueVar } from '../../pure/colour'
import { formatDuration, formatMoment, formatStart } from '../../pure/format'
import { cellOf, shortKey, templateOf } from '../../pure/spanColumns'
import { epochMsOfRFC3339 } from '../../pure/units'
import { ClassMark } from '../../widgets/ClassMark'
import { useNow } from '../../widgets/useNow'
import type { ListProps } from './ResultList'
import { RowSlot } from './RowSlot'
import { useRows } from './useRows'
import row from './ResultRow.module.css'
import css from './SpanList.module.css'

/** How long a pointer must rest on a row before its trace is fetched, in ms. */
const REST = 70

type Props = ListProps & {
  spans: readonly Span[]
  columns: readonly string[]
  /** The columns that the values of the rows are for. */
  asked: readonly string[]
  prefetch: (span: Span) => void
}

/** The spans that match, one row each, with the attributes that were chosen. */
export function SpanList({ spans, columns, asked, shared, scroller, offset, marks, peek, onEnd, onMark, onPeek, prefetch }: Props) {
  const now = useNow(30_000)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const hues = useMemo(() => assignHues(spans.map((s) => s.service)), [spans])
  const longest = useMemo(() => spans.reduce((max, s) => Math.max(max, s.duration_ns), 0), [spans])
  const template = templateOf(columns)
  const { list, rows, height, setActive } = useRows({
    count: spans.length,
    keyOf: (i) => `${spans[i].trace_id}/${spans[i].span_id}/${spans[i].start}`,
    scroller,
    offset,
    onEnd,
    onPeek: (i) => onPeek(spans[i].trace_id, false),
    onMark: (i) => onMark(spans[i].trace_id),
    onActive: (i) => onPeek(spans[i].trace_id, true),
  })
  return (
    <div ref={list} className={css.list} role="list" aria-label="Spans" style={{ height }}>
      {rows.map((r) => {
        const span = spans[r.index]
        const start = epochMsOfRFC3339(span.start)
        const cells = columns.map((c) => ({ key: c, cell: cellOf(span, c, asked) }))
        return (
          <RowSlot key={r.key} height={r.size} top={r.start - offset} name={`${span.name} at ${span.start}`} marked={marks.includes(span.trace_id)} peeked={peek === span.trace_id} onMark={() => onMark(span.trace_id)} onPeek={() => onPeek(span.trace_id, false)}>
            <Link
              to="/trace/$traceId"
              params={{ traceId: span.trace_id }}
              search={{ ...shared, span: span.span_id }}
              className={`${row.row} ${css.row}`}
              style={{ gridTemplateColumns: template }}
              data-index={r.index}
              onFocus={() => setActive(r.index)}
              onPointerEnter={() => (timer.current = setTimeout(() => prefetch(span), REST))}
              onPointerLeave={() => clearTimeout(timer.current)}
            >
              <span className={row.mark}>
                <ClassMark value={span.class} size={15} />
              </span>
              <span className={row.what}>
                <span className={row.name}>
                  {span.name}
                  {span.in_progress && <span className={row.badge}>in progress</span>}
                </span>
                <span className={row.sub}>
                  <span className={css.dot} style={{ background: hueVar(hues.get(span.service) ?? 0) }} aria-hidden="true" />
                  {span.service}
                  <span className={css.inline}>
                    {cells.map(({ key, cell }) => cell !== null && <span key={key} className={css.pair}>{`${shortKey(key)} ${cell}`}</span>)}
                  </span>
                </span>
              </span>
              {cells.map(({ key, cell }) => (
                <span key={key} className={css.cell} title={cell === null ? undefined : `${key} = ${cell}`}>
                  <span className="visually-hidden">{key} </span>
                  {cell === null ? <span className={row.none}>–</span> : cell}
                </span>
              ))}
              <span className={row.duration}>
                <span>{formatDuration(span.duration_ns)}</span>
                <span className={row.track} aria-hidden="true">
                  <span className={row.bar} data-class={span.class} style={{ width: `${longest === 0 ? 0 : Math.max(1, (100 * span.duration_ns) / longest)}%` }} />
                </span>
              </span>
              <time className={row.start} dateTime={span.start} title={formatMoment(start, now)}>
                {formatStart(start, now)}
              </time>
            </Link>
          </RowSlot>
        )
      })}
    </div>
  )
}

/** The heads of the columns, over the list. */
export function SpanHead({ columns }: { columns: readonly string[] }) {
  return (
    <div className={css.head} style={{ gridTemplateColumns: templateOf(columns) }} aria-hidden="true">
      <span />
      <span>Span</span>
      {columns.map((c) => (
        <span key={c} title={c} className={css.key}>
          {shortKey(c)}
        </span>
      ))}
      <span className={css.right}>Duration</span>
      <span className={css.right}>Start</span>
    </div>
  )
}
