import type { RefObject } from 'react'
import type { TraceModel } from '../../pure/trace'
import { hasKids, parentRow } from '../../pure/traceRows'
import { type Filtered, nextError, nextOf, type Show } from '../../pure/traceShow'
import { fit, pan, wholeView, zoomAt } from '../../pure/traceView'
import type { Tree } from '../../timeline/useTree'
import type { ViewStore } from '../../timeline/viewStore'
import type { SearchFor } from '../../url'
import { type Hotkey, useHotkeys } from '../../widgets/hotkeys'
import { type TraceView, VIEWS } from './TraceToolbar'

type Options = {
  trace: TraceModel
  tree: Tree
  /** span, or ~fold, under the cursor */
  cursor: number
  /** its place in the list of rows */
  at: number
  time: ViewStore
  fold: (fold: number | null) => void
  /** scrolls a row into view */
  bring: (index: number) => void
  select: (span: number) => void
  filtered: Filtered
  input: RefObject<HTMLInputElement | null>
  change: (patch: SearchFor<'trace'>) => void
  view: (view: TraceView) => void
  show: Show
  showMode: (show: Show) => void
  panel: boolean
}

/** Every key of the trace view; one grammar for all of its timelines. */
export function useTraceKeys(o: Options): void {
  const { trace, tree, cursor, at, time } = o
  const { rows } = tree
  const go = (index: number) => {
    if (index < 0 || index >= rows.count) return
    const row = rows.at[index]
    if (row >= 0) o.select(row)
    else o.fold(row)
    o.bring(index) // the cursor may be there already, and out of sight
  }
  const isOpen = cursor >= 0 ? tree.shown.collapsed[cursor] === 0 : tree.shown.open[~cursor] === 1
  const opens = cursor < 0 || (cursor < trace.spans.count && hasKids(trace.spans, cursor))
  const left = (deep: boolean) => (opens && isOpen ? tree.toggle(cursor, false, deep) : go(parentRow(rows, at)))
  const right = (deep: boolean) => (opens && !isOpen ? tree.toggle(cursor, true, deep) : go(at + 1))
  const middle = () => {
    const v = time.get()
    return (v.from + v.to) / 2
  }
  const zoom = (factor: number) => time.set(zoomAt(time.get(), middle(), factor, trace.duration))
  const move = (share: number) => time.set(pan(time.get(), share, trace.duration))
  const span = cursor >= 0 ? cursor : -1
  const list: Hotkey[] = [
    { keys: 'j', label: 'Next row', run: () => go(at + 1) },
    { keys: 'arrowdown', run: () => go(at + 1) },
    { keys: 'k', label: 'Row before', run: () => go(at - 1) },
    { keys: 'arrowup', run: () => go(at - 1) },
    { keys: 'arrowright', label: 'Open, or go in', run: () => right(false) },
    { keys: 'arrowleft', label: 'Close, or go out', run: () => left(false) },
    { keys: 'alt+arrowright', label: 'Open the whole subtree', run: () => tree.toggle(cursor, true, true) },
    { keys: 'alt+arrowleft', label: 'Close the whole subtree', run: () => tree.toggle(cursor, false, true) },
    { keys: 'home', run: () => go(0) },
    { keys: 'end', run: () => go(rows.count - 1) },
    { keys: 'p', label: 'Parent', run: () => o.select(span >= 0 ? trace.spans.parent[span] : -1) },
    { keys: ']', label: 'Open everything', run: tree.expandAll },
    { keys: '[', label: 'Close everything', run: tree.collapseAll },
    { keys: 'w', label: 'Zoom in', run: () => zoom(0.6) },
    { keys: 's', label: 'Zoom out', run: () => zoom(1 / 0.6) },
    { keys: 'a', label: 'Earlier', run: () => move(-0.25) },
    { keys: 'd', label: 'Later', run: () => move(0.25) },
    { keys: 'f', label: 'Fit the selected span', run: () => { if (span >= 0) time.set(fit(trace.spans.start[span], trace.spans.start[span] + trace.spans.duration[span], trace.duration)) } },
    { keys: '0', label: 'All of the trace', run: () => time.set(wholeView(trace.duration)) },
    { keys: 'e', label: 'Next failure', run: () => o.select(nextError(trace.errors, cursor, 1)) },
    { keys: 'shift+e', label: 'Failure before', run: () => o.select(nextError(trace.errors, cursor, -1)) },
    { keys: 'c', label: 'Critical path only', run: () => o.showMode(o.show === 'critical' ? 'all' : 'critical') },
    { keys: '/', label: 'Search in this trace', run: () => o.input.current?.focus() },
    { keys: 'n', label: 'Next match', run: () => o.select(nextOf(o.filtered.found, cursor, 1)) },
    { keys: 'shift+n', label: 'Match before', run: () => o.select(nextOf(o.filtered.found, cursor, -1)) },
    { keys: 'enter', label: 'Details of the span', run: () => (cursor < 0 ? tree.toggle(cursor, undefined, false) : o.change({ tab: o.panel ? 'none' : 'attributes' })) },
    { keys: 'escape', label: 'Close details, then the search', run: () => o.change(o.panel ? { tab: 'none' } : { q: undefined, show: undefined }) },
    ...VIEWS.map((view, i): Hotkey => ({ keys: String(i + 1), label: i === 0 ? 'Views: timeline, flame, table, map, logs, critical path, JSON' : undefined, run: () => o.view(view) })),
  ]
  useHotkeys('Trace', list)
}
