import { useMemo } from 'react'
import { hueVar } from '../pure/colour'
import { formatCount, formatDuration, formatPercent } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { type Grouping, GROUPINGS, sortTable, spanTable, TABLE_FIGURES, type TableFigure, type TableRow, type TableSort } from '../pure/traceTable'
import { Segmented } from '../widgets/Segmented'
import css from './SpanTable.module.css'

const TITLES: Record<TableFigure, string> = { count: 'Spans', errors: 'Failed', total: 'Total', self: 'Self', p50: 'p50', p95: 'p95', max: 'Max' }
const SHOWN = 500

type Props = {
  trace: TraceModel
  hues: Uint8Array
  keep: Uint8Array | null
  by: Grouping
  sort: TableSort
  dir: 'asc' | 'desc'
  onBy: (by: Grouping) => void
  onSort: (sort: TableSort, dir: 'asc' | 'desc') => void
  onJump: (span: number) => void
}

/** Where the time of a trace goes, summed by operation, service, kind, peer or status. */
export function SpanTable({ trace, hues, keep, by, sort, dir, onBy, onSort, onJump }: Props) {
  const rows = useMemo(() => spanTable(trace, by, keep), [trace, by, keep])
  const sorted = useMemo(() => sortTable(rows, sort, dir), [rows, sort, dir])
  const allSelf = rows.reduce((sum, r) => sum + r.self, 0)
  // A name is looked for from A on, a figure from its largest.
  const head = (column: TableSort, title: string) => (
    <th key={column} scope="col" data-figure={column === 'name' ? undefined : ''} aria-sort={sort !== column ? undefined : dir === 'asc' ? 'ascending' : 'descending'}>
      <button type="button" onClick={() => onSort(column, sort === column ? (dir === 'asc' ? 'desc' : 'asc') : column === 'name' ? 'asc' : 'desc')}>
        {title} <span aria-hidden="true">{sort !== column ? '' : dir === 'asc' ? '↑' : '↓'}</span>
      </button>
    </th>
  )
  return (
    <div className={css.scroll}>
      <div className={css.bar}>
        <Segmented label="Group by" value={by} options={GROUPINGS.map((g) => ({ value: g, label: g }))} onChange={onBy} />
        <span className={css.note}>{formatCount(rows.length)} rows; a row leads to its longest span</span>
      </div>
      <table className={css.table}>
        <thead>
          <tr>
            {head('name', by)}
            {TABLE_FIGURES.map((f) => head(f, TITLES[f]))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, SHOWN).map((r) => (
            <Line key={r.key} row={r} by={by} trace={trace} hues={hues} allSelf={allSelf} onJump={onJump} />
          ))}
        </tbody>
      </table>
      {sorted.length > SHOWN && <p className={css.note}>{formatCount(sorted.length - SHOWN)} more rows are not listed; filter the trace to see them.</p>}
    </div>
  )
}

function Line({ row, by, trace, hues, allSelf, onJump }: { row: TableRow; by: Grouping; trace: TraceModel; hues: Uint8Array; allSelf: number; onJump: (span: number) => void }) {
  return (
    <tr onClick={() => onJump(row.longest)}>
      <th scope="row">
        <button type="button" className={css.name}>
          {row.service >= 0 && <span className={css.stripe} style={{ background: hueVar(hues[row.service]) }} />}
          {by === 'operation' && <strong>{trace.services[row.service].name}</strong>} {row.label}
        </button>
      </th>
      <td>{formatCount(row.count)}</td>
      <td data-bad={row.errors > 0 || undefined}>{row.errors > 0 ? formatCount(row.errors) : '–'}</td>
      <td>{formatDuration(row.total)}</td>
      <td className={css.self}>
        <span className={css.share} style={{ width: `${(row.self / Math.max(1, allSelf)) * 100}%` }} />
        <span>
          {formatDuration(row.self)} <em>{formatPercent(row.self / Math.max(1, allSelf))}</em>
        </span>
      </td>
      <td>{formatDuration(row.p50)}</td>
      <td>{formatDuration(row.p95)}</td>
      <td>{formatDuration(row.max)}</td>
    </tr>
  )
}
