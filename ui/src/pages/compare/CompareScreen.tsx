import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronsDownUp, ChevronsUpDown } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { PANEL_WIDTH } from '../../map/Panel'
import { assignHues } from '../../pure/colour'
import { formatCount } from '../../pure/format'
import { rowOfSpan, spanId } from '../../pure/trace'
import type { Deltas, Summary } from '../../pure/traceDelta'
import { openAtDifferences, rowToStart, stepTo } from '../../pure/traceDiffOpen'
import type { Side, TraceDiff } from '../../pure/traceDiff'
import { keepMask } from '../../pure/traceOpen'
import { nearestRow, parentRow } from '../../pure/traceRows'
import { useTree } from '../../timeline/useTree'
import type { SearchFor } from '../../url'
import { IconButton } from '../../widgets/Button'
import { type Hotkey, useHotkeys } from '../../widgets/hotkeys'
import { Segmented } from '../../widgets/Segmented'
import { useMedia } from '../../widgets/useMedia'
import { ComparePanel } from './ComparePanel'
import { CompareRows, type RowsHandle } from './CompareRows'
import { CompareSummary } from './CompareSummary'
import css from './ComparePage.module.css'

type Props = { a: Side; b: Side; diff: TraceDiff; deltas: Deltas; summary: Summary }

export function CompareScreen({ a, b, diff, deltas, summary }: Props) {
  const search: SearchFor<'compare'> = useSearch({ strict: false })
  const navigate = useNavigate({ from: '/compare/$a/$b' })
  const change = useCallback((patch: SearchFor<'compare'>, replace = true) => void navigate({ search: (before) => ({ ...before, ...patch }), replace }), [navigate])
  const phone = useMedia('(max-width: 760px)')
  const roomForPanel = useMedia('(min-width: 1000px)')
  const list = useRef<RowsHandle>(null)

  const hues = useMemo(() => {
    const known = assignHues(diff.services)
    return Uint8Array.from(diff.services, (s) => known.get(s) ?? 0)
  }, [diff])
  const keep = useMemo(() => {
    if (search.show !== 'changes') return null
    return keepMask(diff.rows, Uint8Array.from(deltas.change, (c, i) => (c !== 0 || deltas.outcome[i] !== 0 ? 1 : 0)))
  }, [search.show, diff, deltas])
  const source = useMemo(() => ({ spans: diff.rows, outline: diff.outline }), [diff])
  const chosen = useMemo(() => (search.span === undefined ? -1 : rowOfId(a, b, diff, search.span)), [search.span, a, b, diff])
  const [start] = useState(() => (chosen >= 0 ? chosen : rowToStart(diff, summary)))
  const selected = chosen >= 0 ? chosen : start
  const tree = useTree(source, keep, () => openAtDifferences(diff, deltas, selected))
  const [fold, setFold] = useState<number | null>(null)
  const at = fold === null ? nearestRow(tree.rows, diff.rows, diff.outline.folds, selected) : tree.rows.at.indexOf(fold)

  const { reveal } = tree
  const select = useCallback(
    (row: number, sheet = false) => {
      if (row < 0 || row >= diff.rows.count) return
      setFold(null)
      reveal(row)
      list.current?.show(row)
      const [ra, rb] = [diff.rows.a[row], diff.rows.b[row]]
      change({ span: rb >= 0 ? spanId(b.trace.spans, rb) : spanId(a.trace.spans, ra), ...(sheet ? { panel: undefined } : {}) })
    },
    [reveal, diff, a, b, change],
  )
  const go = (index: number) => {
    if (index < 0 || index >= tree.rows.count) return
    const row = tree.rows.at[index]
    if (row >= 0) select(row)
    else {
      setFold(row)
      list.current?.show(row)
    }
  }
  const cursor = fold ?? selected
  const open = cursor >= 0 ? tree.shown.collapsed[cursor] === 0 : tree.shown.open[~cursor] === 1
  const kids = cursor < 0 || diff.rows.descendants[cursor] > 0
  const panelOpen = search.panel !== 'off' && (roomForPanel || search.span !== undefined)
  const panel = (on: boolean) => change({ panel: on ? undefined : 'off', ...(on || !phone ? {} : { span: undefined, panel: undefined }) })
  const keys: Hotkey[] = [
    { keys: 'j', label: 'Next row', run: () => go(at + 1) },
    { keys: 'arrowdown', run: () => go(at + 1) },
    { keys: 'k', label: 'Row before', run: () => go(at - 1) },
    { keys: 'arrowup', run: () => go(at - 1) },
    { keys: 'arrowright', label: 'Open, or go in', run: () => (kids && !open ? tree.toggle(cursor, true, false) : go(at + 1)) },
    { keys: 'arrowleft', label: 'Close, or go out', run: () => (kids && open ? tree.toggle(cursor, false, false) : go(parentRow(tree.rows, at))) },
    { keys: 'home', run: () => go(0) },
    { keys: 'end', run: () => go(tree.rows.count - 1) },
    { keys: 'e', label: 'Next difference', run: () => select(stepTo(deltas, selected, 1)) },
    { keys: 'shift+e', label: 'Difference before', run: () => select(stepTo(deltas, selected, -1)) },
    { keys: 'c', label: 'Differences only', run: () => change({ show: search.show === undefined ? 'changes' : undefined }) },
    { keys: ']', label: 'Open everything', run: tree.expandAll },
    { keys: '[', label: 'Close everything', run: tree.collapseAll },
    { keys: 'enter', label: 'Details of the pair', run: () => (cursor < 0 ? tree.toggle(cursor, undefined, false) : panel(!panelOpen)) },
    { keys: 'escape', label: 'Close the details', run: () => panel(false) },
  ]
  useHotkeys('Compare', keys)

  return (
    <>
      <CompareSummary diff={diff} summary={summary} hues={hues} onJump={select} />
      <div className={css.split} data-panel={(panelOpen && !phone) || undefined} style={{ '--panel': `${PANEL_WIDTH}px` }}>
        <div className={css.main}>
          <div className={css.toolbar} role="toolbar" aria-label="Comparison">
            <Segmented
              label="Rows shown"
              value={search.show ?? 'all'}
              options={[{ value: 'all', label: 'All spans' }, { value: 'changes', label: `Differences ${formatCount(summary.differing)}` }]}
              onChange={(show) => change({ show: show === 'changes' ? show : undefined })}
            />
            <IconButton label="Open everything" keys="]" size="sm" onClick={tree.expandAll}>
              <ChevronsUpDown size={13} />
            </IconButton>
            <IconButton label="Close everything" keys="[" size="sm" onClick={tree.collapseAll}>
              <ChevronsDownUp size={13} />
            </IconButton>
          </div>
          <CompareRows
            a={a}
            b={b}
            diff={diff}
            deltas={deltas}
            rows={tree.rows}
            shown={tree.shown}
            hues={hues}
            cursor={cursor}
            at={at}
            phone={phone}
            onSelect={(row) => select(row, true)}
            onToggle={(row, deep) => tree.toggle(row, undefined, deep)}
            handle={list}
          />
        </div>
        {panelOpen && (
          <ComparePanel a={a} b={b} diff={diff} deltas={deltas} row={selected} hues={hues} all={search.attributes === 'all'} onAll={(all) => change({ attributes: all ? 'all' : undefined })} onClose={() => panel(false)} />
        )}
      </div>
    </>
  )
}

/** The row of a span id; where both traces have it, the second speaks. */
function rowOfId(a: Side, b: Side, diff: TraceDiff, id: string): number {
  const rb = rowOfSpan(b.trace.spans, id)
  const found = rb < 0 ? -1 : diff.rows.b.indexOf(rb)
  if (found >= 0) return found
  const ra = rowOfSpan(a.trace.spans, id)
  return ra < 0 ? -1 : diff.rows.a.indexOf(ra)
}
