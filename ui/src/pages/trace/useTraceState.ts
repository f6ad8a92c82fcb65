/** What the reader chose and zoomed to: here at once, in the URL when they pause, and kept while spans still arrive. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { rowOfSpan, spanId, type TraceModel } from '../../pure/trace'
import { carryFold, carryRow, carryView } from '../../pure/traceCarry'
import { clampView, printZoom, wholeView } from '../../pure/traceView'
import { createViewStore } from '../../timeline/viewStore'
import type { SearchFor } from '../../url'

type Search = SearchFor<'trace'>

/**
 * The chosen span. Held keys choose faster than the router navigates, so the choice is here at once and in the URL
 * when the reader pauses. The third value tells whether both agree.
 */
export function useChosen(trace: TraceModel, span: string | undefined, change: (patch: Search) => void): [number, (row: number) => void, boolean] {
  const [local, setLocal] = useState<{ trace: TraceModel; row: number; before: string | undefined } | null>(null)
  // Another span in the URL than the one that was left: the back button or a link was quicker.
  const mine = local !== null && local.before === span ? local : null
  const row = useMemo(() => (mine === null || mine.trace === trace ? mine?.row : carryRow(mine.trace, mine.row, trace)), [mine, trace])
  useEffect(() => {
    if (mine === null) return
    const timer = setTimeout(() => change({ span: spanId(mine.trace.spans, mine.row) }), 140)
    return () => clearTimeout(timer)
  }, [mine, change])
  const fromUrl = useMemo(() => (span === undefined ? -1 : rowOfSpan(trace.spans, span)), [trace, span])
  const choose = useCallback((next: number) => setLocal({ trace, row: next, before: span }), [trace, span])
  return [row ?? fromUrl, choose, row === undefined || row === fromUrl]
}

/** The zoom of the URL as a store; what the reader zooms to is written back once they pause. */
export function useTimeInView(trace: TraceModel, zoom: [number, number] | undefined, change: (patch: Search, replace?: boolean) => void) {
  const [store] = useState(() => createViewStore(wanted(trace, zoom)))
  const written = useRef(zoom?.join(','))
  const shown = useRef(trace)
  useLayoutEffect(() => {
    if (shown.current !== trace) store.set(carryView(store.get(), shown.current, trace))
    shown.current = trace
  }, [store, trace])
  useEffect(() => {
    const text = zoom?.join(',')
    if (text === written.current) return
    written.current = text
    store.set(wanted(trace, zoom))
  }, [store, trace, zoom])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = store.subscribe(() => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const text = printZoom(store.get(), trace.duration)
        if (text === written.current) return
        written.current = text
        const [from, to] = (text ?? '').split(',').map(Number)
        change({ zoom: text === undefined ? undefined : [from, to] })
      }, 250)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [store, trace, change])
  return store
}

function wanted(trace: TraceModel, zoom: [number, number] | undefined) {
  return zoom ? clampView({ from: zoom[0], to: zoom[1] }, trace.duration) : wholeView(trace.duration)
}

/** A fold can be under the cursor but is no span: it lives here, not in the URL. */
export function useFold(trace: TraceModel): [number | null, (fold: number | null) => void] {
  const [state, setState] = useState<{ trace: TraceModel; fold: number } | null>(null)
  const fold = useMemo(() => (state === null || state.trace === trace ? (state?.fold ?? null) : carryFold(state.trace, state.fold, trace)), [state, trace])
  const set = useCallback((next: number | null) => setState(next === null ? null : { trace, fold: next }), [trace])
  return [fold, set]
}
