import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, type MouseEvent, type Ref, useEffect, useImperativeHandle, useMemo, useRef } from 'react'
import { hueVar } from '../../pure/colour'
import { formatDuration } from '../../pure/format'
import { CLASSES } from '../../pure/trace'
import type { Deltas } from '../../pure/traceDelta'
import { type DiffLabel, foldDiffLabel, rowDiffLabel } from '../../pure/traceDiffLabels'
import type { Side, TraceDiff } from '../../pure/traceDiff'
import type { Rows, Shown } from '../../pure/traceRows'
import { ClassMark } from '../../widgets/ClassMark'
import css from './CompareRows.module.css'

const ROW = 30
const ROW_PHONE = 48

export interface RowsHandle {
  /** brings a row (or ~fold) into view once it is listed */
  show: (row: number) => void
}

type Props = {
  a: Side
  b: Side
  diff: TraceDiff
  deltas: Deltas
  rows: Rows
  shown: Shown
  hues: Uint8Array
  /** row, or ~fold, under the cursor, and its place in the list */
  cursor: number
  at: number
  phone: boolean
  onSelect: (row: number) => void
  onToggle: (row: number, deep: boolean) => void
  handle: Ref<RowsHandle>
}

/** The merged waterfall: both bars of a pair one above the other on one scale, and what changed in figures. */
export function CompareRows({ a, b, diff, deltas, rows, shown, hues, cursor, at, phone, onSelect, onToggle, handle }: Props) {
  const scroll = useRef<HTMLDivElement>(null)
  const height = phone ? ROW_PHONE : ROW
  const virtual = useVirtualizer({ count: rows.count, getScrollElement: () => scroll.current, estimateSize: () => height, overscan: 10 })
  useEffect(() => virtual.measure(), [virtual, height])
  const step = useMemo(() => Math.max(3, Math.min(14, Math.floor(150 / rows.level.reduce((x, y) => Math.max(x, y), 1)))), [rows])
  const wanted = useRef<number | null>(null)
  useImperativeHandle(handle, () => ({ show: (row) => (wanted.current = row) }))
  // The row may be listed only after its ancestors have opened, so it is looked for after drawing.
  useEffect(() => {
    const index = wanted.current === null ? -1 : rows.at.indexOf(wanted.current)
    if (index < 0) return
    wanted.current = null
    virtual.scrollToIndex(index, { align: 'auto' })
  })
  const first = useRef(true)
  useEffect(() => {
    if (first.current && at >= 0) virtual.scrollToIndex(at, { align: 'center' })
    first.current = false
  }, [at, virtual])
  const onClick = (e: MouseEvent) => {
    const row = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-row]') : null
    if (!row) return
    const which = Number(row.dataset.row)
    if (which < 0 || (e.target instanceof Element && e.target.closest('[data-caret]'))) onToggle(which, e.altKey)
    else onSelect(which)
  }
  return (
    <div className={css.frame} data-phone={phone || undefined}>
      <div className={css.head} aria-hidden="true">
        <span>Service and operation</span>
        {!phone && (
          <span className={css.legend}>
            <i data-side="A" /> A <i data-side="B" /> B <em>0 to {formatDuration(diff.duration)}</em>
          </span>
        )}
        {!phone && <span>A</span>}
        {!phone && <span>B</span>}
        <span>B against A</span>
      </div>
      <div
        ref={scroll}
        className={css.scroll}
        role="treegrid"
        tabIndex={0}
        aria-label="Spans of both traces"
        aria-rowcount={rows.count}
        aria-activedescendant={at >= 0 ? `pair-${at}` : undefined}
        data-compare=""
        onClick={onClick}
      >
        <div className={css.content} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows.at[index]
            return (
              <PairRow
                key={index}
                a={a}
                b={b}
                diff={diff}
                deltas={deltas}
                row={row}
                index={index}
                level={rows.level[index]}
                step={step}
                top={start}
                height={height}
                hue={hues[diff.rows.service[row >= 0 ? row : diff.outline.folds.members[diff.outline.folds.offset[~row]]]]}
                open={row >= 0 ? shown.collapsed[row] === 0 : shown.open[~row] === 1}
                selected={row === cursor}
                dim={row >= 0 && shown.keep !== null && shown.keep[row] === 2}
                phone={phone}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

type RowProps = {
  a: Side
  b: Side
  diff: TraceDiff
  deltas: Deltas
  row: number
  index: number
  level: number
  step: number
  top: number
  height: number
  hue: number
  open: boolean
  selected: boolean
  dim: boolean
  phone: boolean
}

const PairRow = memo(function PairRow(p: RowProps) {
  const fold = p.row < 0
  const label = fold ? foldDiffLabel(p.diff, p.deltas, p.a, p.b, ~p.row) : rowDiffLabel(p.diff, p.deltas, p.a, p.b, p.row)
  const kids = fold || p.diff.rows.descendants[p.row] > 0
  const style: CSSProperties & Record<`--${string}`, string> = { top: p.top, height: p.height, '--indent': `${p.level * p.step}px`, '--hue': hueVar(p.hue) }
  return (
    <div
      id={`pair-${p.index}`}
      className={css.row}
      role="row"
      aria-level={p.level + 1}
      aria-rowindex={p.index + 1}
      aria-expanded={kids ? p.open : undefined}
      aria-selected={p.selected}
      data-row={p.row}
      data-change={label.change}
      data-dim={p.dim || undefined}
      style={style}
    >
      <div className={css.name} role="gridcell">
        <span className={css.caret} data-caret={kids || undefined} data-open={(kids && p.open) || undefined} />
        <span className={css.stripe} />
        <span className={css.sign} aria-hidden="true">
          {label.change === 'added' ? '+' : label.change === 'removed' ? '−' : ''}
        </span>
        <span className={css.text}>
          {label.showService && <strong>{label.service}</strong>}
          <span className={css.operation}>{label.name}</span>
          {label.times !== '' && <em>{label.times}</em>}
        </span>
        {label.klass !== 0 && <ClassMark value={CLASSES[label.klass] ?? 'ok'} size={13} />}
        {label.outcome !== '' && <span className={css.outcome}>{label.outcome}</span>}
        {label.hiddenChanges !== '' && !p.open && <span className={css.hidden}>{label.hiddenChanges}</span>}
      </div>
      {!p.phone && <Bars diff={p.diff} label={label} />}
      {!p.phone && (
        <span className={css.figure} role="gridcell">
          {label.before === null ? '–' : formatDuration(label.before)}
        </span>
      )}
      {!p.phone && (
        <span className={css.figure} role="gridcell">
          {label.after === null ? '–' : formatDuration(label.after)}
        </span>
      )}
      <span className={css.delta} role="gridcell" data-change={label.change} data-own={label.own || undefined}>
        {label.delta !== '' && <strong>{label.delta}</strong>} <span>{label.note}</span>
        {p.phone && label.before !== null && label.after !== null && (
          <small>
            {formatDuration(label.before)} → {formatDuration(label.after)}
          </small>
        )}
      </span>
    </div>
  )
})

function Bars({ diff, label }: { diff: TraceDiff; label: DiffLabel }) {
  const bar = (side: 'A' | 'B', at: readonly [number, number] | null) =>
    at && (
      <i
        className={css.bar}
        data-side={side}
        style={{ left: `${(Math.max(0, at[0]) / diff.duration) * 100}%`, width: `max(1.5px, ${((Math.min(diff.duration, at[1]) - Math.max(0, at[0])) / diff.duration) * 100}%)` }}
      />
    )
  return (
    <span className={css.bars} aria-hidden="true">
      {bar('A', label.spanA)}
      {bar('B', label.spanB)}
    </span>
  )
}
