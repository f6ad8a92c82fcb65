import { memo } from 'react'
import { hueVar } from '../pure/colour'
import { formatCount, plural } from '../pure/format'
import { GLYPH_PATHS } from '../pure/mapGlyphs'
import type { Glyph } from '../pure/mapKind'
import { CLASSES, type TraceModel } from '../pure/trace'
import { foldLabel, spanLabel, spokenRow } from '../pure/traceLabels'
import { type Folds, hasKids, moreOf } from '../pure/traceRows'
import type { RowValue } from '../pure/traceValues'
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
  /** attributes that the reader wants to see in the tree; the same list for the same row, always */
  readonly values?: readonly RowValue[]
  /** what was left out here is on its way */
  readonly loading?: boolean
}

/** One line of the tree. Clicks are read by the waterfall from the data attributes, so that rows need no functions. */
export const Row = memo(function Row(p: RowProps) {
  return moreOf(p.folds, p.row) >= 0 ? <MoreRow {...p} /> : <SpanRow {...p} />
})

/** "12,345 more spans": what the answer left out below a span, and brings when asked. */
function MoreRow(p: RowProps) {
  const count = p.trace.outline.more?.[moreOf(p.folds, p.row)] ?? 0
  return (
    <div
      id={p.id}
      className={css.row}
      role="row"
      aria-level={p.level + 1}
      aria-rowindex={p.index + 1}
      aria-selected={p.selected}
      aria-busy={p.loading}
      data-row={p.row}
      data-index={p.index}
      data-more=""
      style={{ top: p.top, height: p.height, '--indent': `${p.level * p.step}px`, '--step': `${p.step}px` }}
    >
      <div className={css.tree} role="gridcell">
        <span className={css.caret} />
        <span className={css.more}>{p.loading === true ? 'Loading…' : `${plural(count, 'more span')}`}</span>
      </div>
    </div>
  )
}

function SpanRow(p: RowProps) {
  const fold = p.row < 0
  const label = fold ? foldLabel(p.trace, p.folds, ~p.row) : spanLabel(p.trace, p.row)
  const { spans } = p.trace
  const kids = fold ? p.folds.offset[~p.row + 1] - p.folds.offset[~p.row] : spans.descendants[p.row]
  const opens = fold || hasKids(spans, p.row)
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
      aria-expanded={opens ? p.open : undefined}
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
        {opens ? <span className={css.caret} data-caret="" data-open={p.open || undefined} /> : <span className={css.caret} />}
        <span className={css.stripe} />
        {label.glyph !== null && <GlyphSign name={label.glyph} />}
        <span className={css.text}>
          {label.showService && <strong className={css.service}>{label.service}</strong>}
          <span className={css.name}>{label.name}</span>
          {label.detail !== '' && <span className={css.detail}>{label.detail}</span>}
        </span>
        {label.hint !== '' && (
          <span className={css.hint} title={label.hint}>
            N+1
          </span>
        )}
        {p.values?.map((v) => (
          <span key={v.key} className={css.value} title={`${v.key} = ${v.value}`}>
            {v.value}
          </span>
        ))}
        {!p.open && opens && !fold && <span className={css.hidden}>{formatCount(kids + spans.hidden[p.row])}</span>}
        {links > 0 && <Sign kind="link" label={`${links} links`} />}
        {label.klass !== 0 && (
          <span className={css.mark} data-class={CLASSES[label.klass]} data-origin={label.origin || undefined}>
            {fold && label.failing > 0 && formatCount(label.failing)}
            <Sign kind={CLASSES[label.klass]} label={`${CLASSES[label.klass]}, ${label.origin ? 'began here' : 'passed on'}`} />
          </span>
        )}
      </div>
      {p.sticky !== true && (
        <span className="visually-hidden" role="gridcell">
          {fold ? [label.detail, label.hint].filter((t) => t !== '').join('. ') : spokenRow(p.trace, p.row)}
        </span>
      )}
    </div>
  )
}

const SIGNS = {
  ok: '',
  error: 'M8 2.5L14.5 13.5h-13z M8 6.5v3 M8 11.6v.1',
  throttle: 'M2.5 11.5a5.5 5.5 0 1 1 11 0 M8 11l2.5 -3.5',
  fault: 'M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 1 1 0 -12.4 M8 4.8v3.6 M8 11v.1',
  link: 'M6.5 9.5l3 -3 M7.5 4.5l1 -1a2.8 2.8 0 0 1 4 4l-1 1 M8.5 11.5l-1 1a2.8 2.8 0 0 1 -4 -4l1 -1',
} as const

/** What the span talks to, small; the words of it are in the row's name and peer. */
function GlyphSign({ name }: { name: Glyph }) {
  return (
    <svg className={css.glyph} width="13" height="13" viewBox="0 0 24 24" aria-hidden="true">
      <path d={GLYPH_PATHS[name]} />
    </svg>
  )
}

/** Plain paths instead of icon components: dozens of rows are drawn in every frame of a scroll. */
function Sign({ kind, label }: { kind: keyof typeof SIGNS; label: string }) {
  return (
    <svg className={css.sign} width="14" height="14" viewBox="0 0 16 16" role="img" aria-label={label}>
      <path d={SIGNS[kind]} />
    </svg>
  )
}
