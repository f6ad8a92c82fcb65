import { useMemo, useState } from 'react'
import { hueVar } from '../pure/colour'
import { formatCount, formatDuration, formatPercent } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { type Grouping, GROUPINGS, spanTable, type TableRow } from '../pure/traceTable'
import { Segmented } from '../widgets/Segmented'
import css from './SpanTable.module.css'

const FIGURES = ['count', 'errors', 'total', 'self', 'p50', 'p95', 'max'] as const
type Figure = (typeof FIGURES)[number]
const TITLES: Record<Figure, string> = { count: 'Spans', errors: 'Failed', total: 'Total', self: 'Self', p50: 'p50', p95: 'p95', max: 'Max' }
const SHOWN = 500

type Props = { trace: TraceModel; hues: Uint8Array; keep: Uint8Array | null; onJump: (span: number) => void }

/** Where the time of a trace goes, summed by operation, service, kind or peer. */
export function SpanTable({ trace, hues, keep, onJump }: Props) {
  const [by, setBy] = useState<Grouping>('operation')
  const [sort, setSort] = useState<Figure>('self')
  const rows = useMemo(() => spanTable(trace, by, keep), [trace, by, keep])
  const sorted = useMemo(() => [...rows].sort((a, b) => b[sort] - a[sort]), [rows, sort])
  const allSelf = rows.reduce((sum, r) => sum + r.self, 0)
  return (
    <div className={css.scroll}>
      <div className={css.bar}>
        <Segmented label="Group by" value={by} options={GROUPINGS.map((g) => ({ value: g, label: g }))} onChange={setBy} />
        <span className={css.note}>{formatCount(rows.length)} rows; a row leads to its longest span</span>
      </div>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{by}</th>
            {FIGURES.map((f) => (
              <th key={f} scope="col" data-figure aria-sort={sort === f ? 'descending' : undefined}>
                <button type="button" onClick={() => setSort(f)}>
                  {TITLES[f]} <span aria-hidden="true">{sort === f ? '↓' : ''}</span>
                </button>
              </th>
            ))}
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
