/** What is open in a tree, and the rows that follow from it. A filter has an opening of its own, all open at first. */
import { useCallback, useMemo, useState } from 'react'
import { collapseAll, expandAll, reveal, toggle } from '../pure/traceOpen'
import { listRows, type Outline, type Rows, type Shown, type TreeSpans } from '../pure/traceRows'

export interface Tree {
  readonly outline: Outline
  readonly rows: Rows
  readonly shown: Shown
  readonly toggle: (row: number, expand: boolean | undefined, deep: boolean) => void
  readonly reveal: (span: number) => void
  readonly expandAll: () => void
  readonly collapseAll: () => void
}

export interface TreeSource {
  readonly spans: TreeSpans
  readonly outline: Outline
}

type State<S> = { source: S; plain: Shown; filtered: { keep: Uint8Array | null; shown: Shown } | null }

/** `carry` says what is open in a source that takes the place of another; without it, `first` does. */
export function useTree<S extends TreeSource>(source: S, keep: Uint8Array | null, first: () => Shown, carry?: (before: S, shown: Shown, now: S) => Shown): Tree {
  const { spans, outline } = source
  const [kept, setState] = useState<State<S>>(() => ({ source, plain: first(), filtered: null }))
  let state = kept
  if (state.source !== source) {
    const { source: before, plain, filtered } = state
    state = {
      source,
      plain: carry ? carry(before, plain, source) : first(),
      filtered: carry && filtered && keep !== null ? { keep, shown: { ...carry(before, filtered.shown, source), keep } } : null,
    }
    setState(state)
  }
  const fresh = useMemo<Shown>(() => ({ collapsed: new Uint8Array(spans.count), open: new Uint8Array(outline.folds.count), keep }), [spans, outline, keep])
  const shown = keep === null ? state.plain : state.filtered?.keep === keep ? state.filtered.shown : fresh
  const rows = useMemo(() => listRows(spans, outline, shown), [spans, outline, shown])
  const change = useCallback(
    (f: (before: Shown) => Shown) =>
      setState((s) => {
        if (keep === null) return { ...s, plain: f(s.plain) }
        return { ...s, filtered: { keep, shown: f(s.filtered?.keep === keep ? s.filtered.shown : fresh) } }
      }),
    [keep, fresh],
  )
  return {
    outline,
    rows,
    shown,
    toggle: useCallback(
      (row, expand, deep) => change((s) => toggle(s, spans, outline, row, expand ?? (row >= 0 ? s.collapsed[row] === 1 : s.open[~row] === 0), deep)),
      [change, spans, outline],
    ),
    reveal: useCallback((span) => change((s) => reveal(s, spans, outline, span)), [change, spans, outline]),
    expandAll: useCallback(() => change(expandAll), [change]),
    collapseAll: useCallback(() => change((s) => collapseAll(s, spans)), [change, spans]),
  }
}
