import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import type { Alarm } from '../pure/alerts'
import { formatDuration, formatPercent, formatRate } from '../pure/format'
import type { MapNode } from '../api/types'
import { changeText, type Delta, deltasOf, notable, pointsText } from '../pure/mapCompare'
import type { SceneNode } from '../pure/mapScene'
import { badShare, share } from '../pure/mapStats'
import { failedShare } from '../pure/red'
import type { Px } from '../pure/units'
import { AlertBadge } from '../widgets/AlertBadge'
import { ClassMark } from '../widgets/ClassMark'
import { Glyph } from './Glyph'
import css from './MapList.module.css'

const COLUMNS = ['name', 'alerts', 'rate', 'failed', 'fault', 'error', 'throttle', 'p50', 'p95', 'p99'] as const
type Column = (typeof COLUMNS)[number]
const TITLES: Record<Column, string> = { name: 'Name', alerts: 'Alerts', rate: 'Requests', failed: 'Failed', fault: 'Faults', error: 'Errors', throttle: 'Throttled', p50: 'p50', p95: 'p95', p99: 'p99' }
const ROW: Px = 34
/** What a narrow screen leaves out: failures are one figure there. */
const WIDE: ReadonlySet<Column> = new Set(['alerts', 'fault', 'error', 'throttle', 'p50', 'p99'])

type Props = { nodes: readonly SceneNode[]; /** by node; without any there is no column */ alarms: ReadonlyMap<string, Alarm>; /** an earlier time to compare with */ before?: { readonly map: { readonly nodes: readonly MapNode[] } } | null; selected: string | undefined; onSelect: (id: string) => void; /** a panel lies over the right */ covered: boolean }

/** The map as a table: every node with its figures, to sort and to read aloud. Only the rows in sight are there, so a thousand are no more than ten. */
export function MapList({ nodes, alarms, before, selected, onSelect, covered }: Props) {
  const scroll = useRef<HTMLDivElement>(null)
  const [sort, setSort] = useState<{ by: Column; down: boolean }>({ by: 'fault', down: true })
  const deltas = useMemo(() => (before && before.map.nodes.length > 0 ? deltasOf(nodes, before.map.nodes) : undefined), [nodes, before])
  const rows = useMemo(() => sorted(nodes, alarms, sort.by, sort.down), [nodes, alarms, sort])
  const columns = alarms.size > 0 ? COLUMNS : COLUMNS.filter((c) => c !== 'alerts')
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 12 })
  const items = virtual.getVirtualItems()
  const above = items.length > 0 ? items[0].start : 0
  const below = items.length > 0 ? virtual.getTotalSize() - items[items.length - 1].end : 0
  const head = (by: Column) => (
    <th key={by} scope="col" aria-sort={sort.by === by ? (sort.down ? 'descending' : 'ascending') : undefined} data-figure={by !== 'name' || undefined} data-wide={WIDE.has(by) || undefined}>
      <button type="button" onClick={() => setSort({ by, down: sort.by === by ? !sort.down : by !== 'name' })}>
        {TITLES[by]} <span aria-hidden="true">{sort.by === by ? (sort.down ? '↓' : '↑') : ''}</span>
      </button>
    </th>
  )
  const onKey = (e: KeyboardEvent) => {
    const by = e.key === 'ArrowDown' || e.key === 'j' ? 1 : e.key === 'ArrowUp' || e.key === 'k' ? -1 : 0
    const row = e.target instanceof HTMLElement ? e.target.closest<HTMLElement>('[data-row]') : null
    if (by === 0 || row === null) return
    e.preventDefault()
    const to = Number(row.dataset.row) + by
    if (to < 0 || to >= rows.length) return
    // The next rows are there already, a little beyond what is in sight.
    scroll.current?.querySelector<HTMLElement>(`[data-row="${to}"] button`)?.focus({ preventScroll: true })
    virtual.scrollToIndex(to)
  }
  return (
    <div ref={scroll} className={css.scroll} data-covered={covered || undefined}>
      <table className={css.table} aria-label="Nodes of the map" aria-rowcount={rows.length + 1} onKeyDown={onKey}>
        <thead>
          <tr aria-rowindex={1}>{columns.map(head)}</tr>
        </thead>
        <tbody>
          {above > 0 && <tr aria-hidden="true" style={{ height: above }} />}
          {items.map(({ index }) => {
            const n = rows[index]
            const d = deltas?.get(n.id)
            const alarm = alarms.get(n.id)
            return (
              <tr key={n.id} data-row={index} aria-rowindex={index + 2} data-selected={n.id === selected || undefined} data-ghost={n.ghost || undefined} onClick={() => onSelect(n.id)}>
                <th scope="row">
                  <button type="button" className={css.name} aria-pressed={n.id === selected}>
                    <Glyph name={n.kind.glyph} size={15} />
                    <span className={css.label}>{n.label}</span>
                    <span className={css.words}>{n.kind.words}</span>
                    {badShare(n.stats) >= 0.01 && <ClassMark value={share(n.stats, 'fault') >= share(n.stats, 'throttle') ? 'fault' : 'throttle'} size={13} />}
                    {alarm && <AlertBadge alarm={alarm} className={css.narrow} />}
                  </button>
                </th>
                {alarms.size > 0 && <td data-wide>{alarm && <AlertBadge alarm={alarm} />}</td>}
                <td>
                  {n.stats ? formatRate(n.stats.rate) : '–'}
                  {d && <Small text={d.before === null ? 'new' : notable(d.rate) ? changeText(d.rate) : ''} />}
                </td>
                <td data-bad={failed(n) >= 0.01 ? 'fault' : undefined}>{failed(n) > 0 ? formatPercent(failed(n)) : '–'}</td>
                <td data-wide data-bad={share(n.stats, 'fault') > 0 ? 'fault' : undefined}>{figure(n, 'fault')}{d && <Points delta={d} of="fault" />}</td>
                <td data-wide data-bad={share(n.stats, 'error') > 0 ? 'error' : undefined}>{figure(n, 'error')}</td>
                <td data-wide data-bad={share(n.stats, 'throttle') > 0 ? 'throttle' : undefined}>{figure(n, 'throttle')}{d && <Points delta={d} of="throttle" />}</td>
                <td data-wide>{n.stats ? formatDuration(n.stats.p50_ns) : '–'}</td>
                <td>
                  {n.stats ? formatDuration(n.stats.p95_ns) : '–'}
                  {d && notable(d.p95) && <Small text={changeText(d.p95)} tone={d.p95.tone} />}
                </td>
                <td data-wide>{n.stats ? formatDuration(n.stats.p99_ns) : '–'}</td>
              </tr>
            )
          })}
          {below > 0 && <tr aria-hidden="true" style={{ height: below }} />}
        </tbody>
      </table>
    </div>
  )
}

/** A change beside its figure. */
function Small({ text, tone }: { text: string; tone?: string }) {
  return text === '' ? null : <small className={css.delta} data-tone={tone}>{text}</small>
}

/** How a share of failures changed, where that is news. */
function Points({ delta, of }: { delta: Delta; of: 'fault' | 'throttle' }) {
  const by = share(delta.now, of) - share(delta.before, of)
  return delta.bad.tone !== 'same' && Math.abs(by) >= 0.005 ? <Small text={pointsText(by)} tone={by > 0 ? 'worse' : 'better'} /> : null
}

const failed = (n: SceneNode) => failedShare(n.stats)

function figure(n: SceneNode, what: 'fault' | 'error' | 'throttle'): string {
  return n.stats && n.stats[what] > 0 ? formatPercent(share(n.stats, what)) : '–'
}

function sorted(nodes: readonly SceneNode[], alarms: ReadonlyMap<string, Alarm>, by: Column, down: boolean): SceneNode[] {
  const key = (n: SceneNode): number => {
    switch (by) {
      case 'name': return 0
      case 'alerts': return (alarms.get(n.id)?.firing ?? 0) * 1e6 + (alarms.get(n.id)?.pending ?? 0)
      case 'rate': return n.stats?.rate ?? -1
      case 'failed': return n.stats ? failed(n) : -1
      case 'fault': case 'error': case 'throttle': return n.stats ? share(n.stats, by) : -1
      case 'p50': return n.stats?.p50_ns ?? -1
      case 'p95': return n.stats?.p95_ns ?? -1
      case 'p99': return n.stats?.p99_ns ?? -1
    }
  }
  const sign = down ? -1 : 1
  return [...nodes].sort((a, b) => (key(a) - key(b)) * sign || a.label.localeCompare(b.label) * (by === 'name' ? sign : 1))
}
