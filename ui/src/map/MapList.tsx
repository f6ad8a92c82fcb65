import { useMemo, useState } from 'react'
import { formatDuration, formatPercent, formatRate } from '../pure/format'
import type { SceneNode } from '../pure/mapScene'
import { badShare, share } from '../pure/mapStats'
import { ClassMark } from '../widgets/ClassMark'
import { Glyph } from './Glyph'
import css from './MapList.module.css'

const COLUMNS = ['name', 'rate', 'fault', 'error', 'throttle', 'p50', 'p95', 'p99'] as const
type Column = (typeof COLUMNS)[number]
const TITLES: Record<Column, string> = { name: 'Name', rate: 'Requests', fault: 'Faults', error: 'Errors', throttle: 'Throttled', p50: 'p50', p95: 'p95', p99: 'p99' }

type Props = { nodes: readonly SceneNode[]; selected: string | undefined; onSelect: (id: string) => void }

/** The map as a table: the same nodes and figures, to sort and to read aloud. */
export function MapList({ nodes, selected, onSelect }: Props) {
  const [sort, setSort] = useState<{ by: Column; down: boolean }>({ by: 'fault', down: true })
  const rows = useMemo(() => sorted(nodes, sort.by, sort.down), [nodes, sort])
  const head = (by: Column) => (
    <th key={by} scope="col" aria-sort={sort.by === by ? (sort.down ? 'descending' : 'ascending') : undefined} data-figure={by !== 'name' || undefined}>
      <button type="button" onClick={() => setSort({ by, down: sort.by === by ? !sort.down : by !== 'name' })}>
        {TITLES[by]} <span aria-hidden="true">{sort.by === by ? (sort.down ? '↓' : '↑') : ''}</span>
      </button>
    </th>
  )
  return (
    <div className={css.scroll}>
      <table className={css.table} aria-label="Nodes of the map">
        <thead>
          <tr>{COLUMNS.map(head)}</tr>
        </thead>
        <tbody>
          {rows.map((n) => (
            <tr key={n.id} data-selected={n.id === selected || undefined} onClick={() => onSelect(n.id)}>
              <th scope="row">
                <button type="button" className={css.name} aria-pressed={n.id === selected}>
                  <Glyph name={n.kind.glyph} size={15} />
                  <span className={css.label}>{n.label}</span>
                  <span className={css.words}>{n.kind.words}</span>
                  {badShare(n.stats) >= 0.01 && <ClassMark value="fault" size={13} />}
                </button>
              </th>
              <td>{n.stats ? formatRate(n.stats.rate) : '–'}</td>
              <td data-bad={share(n.stats, 'fault') > 0 ? 'fault' : undefined}>{figure(n, 'fault')}</td>
              <td data-bad={share(n.stats, 'error') > 0 ? 'error' : undefined}>{figure(n, 'error')}</td>
              <td data-bad={share(n.stats, 'throttle') > 0 ? 'throttle' : undefined}>{figure(n, 'throttle')}</td>
              <td>{n.stats ? formatDuration(n.stats.p50_ns) : '–'}</td>
              <td>{n.stats ? formatDuration(n.stats.p95_ns) : '–'}</td>
              <td>{n.stats ? formatDuration(n.stats.p99_ns) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function figure(n: SceneNode, what: 'fault' | 'error' | 'throttle'): string {
  return n.stats && n.stats[what] > 0 ? formatPercent(share(n.stats, what)) : '–'
}

function sorted(nodes: readonly SceneNode[], by: Column, down: boolean): SceneNode[] {
  const key = (n: SceneNode): number => {
    switch (by) {
      case 'name': return 0
      case 'rate': return n.stats?.rate ?? -1
      case 'fault': case 'error': case 'throttle': return n.stats ? share(n.stats, by) : -1
      case 'p50': return n.stats?.p50_ns ?? -1
      case 'p95': return n.stats?.p95_ns ?? -1
      case 'p99': return n.stats?.p99_ns ?? -1
    }
  }
  const sign = down ? -1 : 1
  return [...nodes].sort((a, b) => (key(a) - key(b)) * sign || a.label.localeCompare(b.label) * (by === 'name' ? sign : 1))
}
