import { ChevronDown, ChevronRight, CircleAlert, Gauge, Layers, Link2, TriangleAlert } from 'lucide-react'
import { memo } from 'react'
import { hueVar } from '../pure/colour'
import { formatCount } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { foldLabel, type RowLabel, spanLabel, spokenRow } from '../pure/traceLabels'
import type { Folds } from '../pure/traceRows'
import type { Px } from '../pure/units'
import css from './Rows.module.css'

export interface RowProps {
  readonly trace: TraceModel
  readonly folds: Folds
  readonly hues: Uint8Array
  /** span index, or ~fold */
  readonly row: number
  readonly index: number
  readonly level: number
  readonly height: Px
  readonly top: Px
  readonly open: boolean
  readonly selected: boolean
  readonly match: boolean
  readonly dim: boolean
  readonly id: string
  /** px per level */
  readonly step: Px
  readonly sticky?: boolean
}

/** One line of the tree. Clicks are read by the waterfall from the data attributes, so that rows need no functions. */
export const Row = memo(function Row(p: RowProps) {
  const fold = p.row < 0
  const label = fold ? foldLabel(p.trace, p.folds, ~p.row) : spanLabel(p.trace, p.row)
  const { spans } = p.trace
  const kids = fold ? p.folds.offset[~p.row + 1] - p.folds.offset[~p.row] : spans.descendants[p.row]
  const links = fold ? 0 : spans.links[p.row]
  const hue = p.hues[spans.service[fold ? p.folds.members[p.folds.offset[~p.row]] : p.row]]
  return (
    <div
      id={p.id}
      className={css.row}
      role={p.sticky === true ? undefined : 'row'}
      aria-hidden={p.sticky === true || undefined}
      aria-level={p.level + 1}
      aria-rowindex={p.index + 1}
      aria-expanded={kids > 0 ? p.open : undefined}
      aria-selected={p.selected}
      data-row={p.row}
      data-index={p.index}
      data-match={p.match || undefined}
      data-dim={p.dim || undefined}
      data-fold={fold || undefined}
      data-failed={(label.klass === 3 && label.origin) || undefined}
      style={{ top: p.top, height: p.height, '--indent': `${p.level * p.step}px`, '--step': `${p.step}px`, '--hue': hueVar(hue) }}
    >
      <div className={css.tree} role={p.sticky === true ? undefined : 'gridcell'}>
        <span className={css.guides} />
        {kids > 0 ? (
          <span className={css.caret} data-caret="">
            {p.open ? <ChevronDown size={13} /> : <ChevronRight size={13} />}
          </span>
        ) : (
          <span className={css.caret} />
        )}
        <span className={css.stripe} />
        <Text label={label} fold={fold} />
        {!p.open && !fold && kids > 0 && <span className={css.hidden}>{formatCount(kids)}</span>}
        {links > 0 && <Link2 size={12} className={css.icon} aria-label={`${links} links`} />}
        <Mark label={label} fold={fold} />
      </div>
      {p.sticky !== true && (
        <span className="visually-hidden" role="gridcell">
          {fold ? label.detail : spokenRow(p.trace, p.row)}
        </span>
      )}
    </div>
  )
})

function Text({ label, fold }: { label: RowLabel; fold: boolean }) {
  return (
    <span className={css.text}>
      {fold && <Layers size={12} className={css.layers} aria-hidden="true" />}
      {label.showService && <strong className={css.service}>{label.service}</strong>}
      <span className={css.name}>{label.name}</span>
      {label.detail !== '' && <span className={css.detail}>{label.detail}</span>}
    </span>
  )
}

function Mark({ label, fold }: { label: RowLabel; fold: boolean }) {
  if (label.klass === 0) return null
  const Icon = label.klass === 1 ? TriangleAlert : label.klass === 2 ? Gauge : CircleAlert
  const name = label.klass === 1 ? 'error' : label.klass === 2 ? 'throttle' : 'fault'
  return (
    <span className={css.mark} data-class={name} data-origin={label.origin || undefined}>
      {fold && label.failing > 0 && <span>{formatCount(label.failing)}</span>}
      <Icon size={13} aria-label={label.origin ? `${name}, began here` : `${name}, passed on`} />
    </span>
  )
}
