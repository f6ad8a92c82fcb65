/** What is open in the tree, and the rows that follow from it. A filter has an opening of its own, all open at first. */
import { useCallback, useMemo, useState } from 'react'
import type { TraceModel } from '../pure/trace'
import { collapseAll, expandAll, openAtFirst, reveal, toggle } from '../pure/traceOpen'
import { listRows, type Outline, type Rows, type Shown } from '../pure/traceRows'

export interface Tree {
  readonly outline: Outline
  readonly rows: Rows
  readonly shown: Shown
  readonly toggle: (row: number, expand: boolean | undefined, deep: boolean) => void
  readonly reveal: (span: number) => void
  readonly expandAll: () => void
  readonly collapseAll: () => void
}

export function useTree(trace: TraceModel, keep: Uint8Array | null, first: number): Tree {
  const outlined = trace.outline
  const [plain, setPlain] = useState(() => openAtFirst(trace, outlined, first))
  const [filtered, setFiltered] = useState<{ keep: Uint8Array | null; shown: Shown } | null>(null)
  const fresh = useMemo<Shown>(() => ({ collapsed: new Uint8Array(trace.spans.count), open: new Uint8Array(outlined.folds.count), keep }), [trace, outlined, keep])
  const shown = keep === null ? plain : filtered?.keep === keep ? filtered.shown : fresh
  const rows = useMemo(() => listRows(trace.spans, outlined, shown), [trace, outlined, shown])
  const change = useCallback(
    (f: (before: Shown) => Shown) => {
      if (keep === null) setPlain(f)
      else setFiltered((before) => ({ keep, shown: f(before?.keep === keep ? before.shown : fresh) }))
    },
    [keep, fresh],
  )
  return {
    outline: outlined,
    rows,
    shown,
    toggle: useCallback(
      (row, expand, deep) =>
        change((s) => toggle(s, trace.spans, outlined, row, expand ?? (row >= 0 ? s.collapsed[row] === 1 : s.open[~row] === 0), deep)),
      [change, trace, outlined],
    ),
    reveal: useCallback((span) => change((s) => reveal(s, trace.spans, outlined, span)), [change, trace, outlined]),
    expandAll: useCallback(() => change(expandAll), [change]),
    collapseAll: useCallback(() => change((s) => collapseAll(s, trace.spans)), [change, trace]),
  }
}
