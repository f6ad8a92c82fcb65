import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronsDownUp, ChevronsUpDown } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useSpan } from '../../api/hooks'
import { type TraceHint, useSpanValues } from '../../api/trace'
import { useTraceLogs } from '../../api/traceLogs'
import { PANEL_WIDTH } from '../../map/Panel'
import { assignHues } from '../../pure/colour'
import { quote } from '../../pure/mapQuery'
import { spanId, type TraceModel } from '../../pure/trace'
import { carryShown } from '../../pure/traceCarry'
import { openAtFirst } from '../../pure/traceOpen'
import { moreOf, nearestRow } from '../../pure/traceRows'
import { filterTrace, nextError, nextOf, type Show } from '../../pure/traceShow'
import { valuesByRow } from '../../pure/traceValues'
import { bringIn } from '../../pure/traceView'
import { CriticalList } from '../../timeline/CriticalList'
import { EventList } from '../../timeline/EventList'
import { Flame } from '../../timeline/Flame'
import { LogList } from '../../timeline/LogList'
import { Minimap } from '../../timeline/Minimap'
import { Ruler } from '../../timeline/Ruler'
import { SpanTable } from '../../timeline/SpanTable'
import { Splitter } from '../../timeline/Splitter'
import { type Tree, useTree } from '../../timeline/useTree'
import { ZoomTrail } from '../../timeline/ZoomTrail'
import { createViewStore } from '../../timeline/viewStore'
import { Waterfall, type WaterfallHandle } from '../../timeline/Waterfall'
import type { SearchFor } from '../../url'
import { IconButton } from '../../widgets/Button'
import { useSize } from '../../widgets/Canvas'
import { Segmented } from '../../widgets/Segmented'
import { useMedia } from '../../widgets/useMedia'
import { ColumnHead } from './ColumnHead'
import { JsonView } from './JsonView'
import { ServiceFilter } from './ServiceFilter'
import { SpanPanel, TABS } from './SpanPanel'
import { TraceToolbar, type TraceView } from './TraceToolbar'
import type { More } from './useMore'
import { useTraceKeys } from './useTraceKeys'
import { useChosen, useFold, useTimeInView } from './useTraceState'
import css from './TracePage.module.css'

type Search = SearchFor<'trace'>

/** The map's drawing is large, and few traces are looked at as a map. */
const TraceMap = lazy(() => import('../../timeline/TraceMap').then((m) => ({ default: m.TraceMap })))

const NOTHING: readonly string[] = []
const COMPACT = 24
const ROOMY = 32
/** Traces with more spans than this have the compact rows. */
const ROOMY_UP_TO = 60
const STACKED = 46

export function TraceScreen({ more, hint }: { more: More; hint: TraceHint }) {
  const { trace } = more
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate({ from: '/trace/$traceId' })
  const change = useCallback((patch: Search, replace = true) => void navigate({ search: (before) => ({ ...before, ...patch }), replace }), [navigate])
  const phone = useMedia('(max-width: 760px)')
  const roomForPanel = useMedia('(min-width: 1000px)')
  const [share, setShare] = useStoredShare()
  const [measure, size] = useSize<HTMLDivElement>()
  const input = useRef<HTMLInputElement>(null)
  const waterfall = useRef<WaterfallHandle>(null)

  const view: TraceView = search.view ?? 'timeline'
  const show: Show = search.show ?? 'all'
  const hide = search.hide ?? NOTHING
  const filtered = useMemo(() => filterTrace(trace, search.q ?? '', show, hide), [trace, search.q, show, hide])
  const hues = useMemo(() => huesOf(trace), [trace])

  const columns = search.cols ?? NOTHING
  const setColumns = useCallback((next: string[]) => change({ cols: next.length > 0 ? next : undefined }), [change])
  const values = useSpanValues(trace, columns, hint.file === true)
  const valueRows = useMemo(() => (columns.length > 0 && values.data ? valuesByRow(trace, values.data.spans, columns) : undefined), [trace, values.data, columns])

  const [chosen, choose, settled] = useChosen(trace, search.span, change)
  const selected = chosen >= 0 ? chosen : trace.focus
  const list = useTree(trace, filtered.keep, () => openAtFirst(trace, trace.outline, selected), carryShown)
  const tree = useLoadingTree(list, trace, more)
  const [fold, setFold] = useFold(trace)
  const cursor = fold ?? selected

  const time = useTimeInView(trace, search.zoom, change)
  const merged = useMemo(() => createViewStore({ from: 0, to: Math.max(1, trace.spans.self.reduce((a, b) => a + b, 0)) }), [trace])

  const { reveal } = tree
  const select = useCallback(
    (span: number) => {
      if (span < 0) return
      setFold(null)
      reveal(span)
      time.set(bringIn(time.get(), trace.spans.start[span], trace.spans.start[span] + trace.spans.duration[span], trace.duration))
      choose(span)
    },
    [setFold, reveal, time, trace, choose],
  )
  // On a phone the details are a sheet of their own, so a tap asks for them.
  const pick = useCallback(
    (span: number) => {
      select(span)
      if (phone) change({ span: spanId(trace.spans, span), tab: 'attributes' }, false)
    },
    [select, phone, change, trace],
  )

  // The selected row stays in view when rows change above it, and is brought there when it is chosen elsewhere.
  const at = fold === null ? nearestRow(tree.rows, trace.spans, tree.outline.folds, selected) : tree.rows.at.indexOf(fold)
  const opened = useRef<TraceModel | null>(null)
  const sized = size !== null
  useEffect(() => {
    if (!sized) return
    // Spans that arrived move rows, but never what is read.
    if (opened.current === null || opened.current === trace) waterfall.current?.show(at, opened.current === null)
    opened.current = trace
  }, [at, view, sized, trace])

  const showMode = (next: Show) => change({ show: next === 'all' ? undefined : next })
  const find = useCallback((q: string) => change({ q: q === '' ? undefined : q }), [change])
  useTraceKeys({
    trace, tree, cursor, at, time, fold: setFold, bring: (index) => waterfall.current?.show(index), select, filtered, input, change,
    view: (next) => change({ view: next === 'timeline' ? undefined : next }, false),
    show, showMode, panel: search.tab !== 'none',
  })

  const panelOpen = search.tab !== 'none' && (roomForPanel || search.tab !== undefined || (chosen >= 0 && !phone))
  const tab = TABS.find((t) => t === search.tab) ?? (trace.spans.klass[selected] !== 0 && trace.spans.events[selected] > 0 ? 'events' : 'attributes')
  const detail = useSpan(trace.traceId, panelOpen && settled ? spanId(trace.spans, selected) : null, hint).data?.spans
  const events = useMemo(() => {
    const mine = detail?.find((s) => s.span_id === spanId(trace.spans, selected))
    return mine ? { span: selected, offsets: mine.events.map((e) => e.offset_ns) } : undefined
  }, [detail, trace, selected])
  const logs = useTraceLogs(trace, undefined, view === 'events' && hint.file !== true)
  const width = size?.width ?? 0
  const treeWidth = phone ? 0 : Math.round(width * share)
  const rowHeight = phone ? STACKED : trace.spans.count <= ROOMY_UP_TO ? ROOMY : COMPACT
  const timed = view === 'timeline' || (view === 'flame' && search.flame === undefined)

  return (
    <>
      <TraceToolbar
        view={view}
        q={search.q ?? ''}
        show={show}
        found={filtered.found.length}
        foundAt={filtered.found.indexOf(selected)}
        problem={filtered.problem?.message ?? null}
        errors={trace.errors.length}
        errorAt={trace.errors.indexOf(selected)}
        inputRef={input}
        onView={(next) => change({ view: next === 'timeline' ? undefined : next }, false)}
        onSearch={find}
        onShow={showMode}
        onNext={(step) => select(nextOf(filtered.found, selected, step))}
        onError={(step) => select(nextError(trace.errors, selected, step))}
      >
        <ServiceFilter trace={trace} hues={hues} hide={hide} onHide={(next) => change({ hide: next })} />
      </TraceToolbar>
      <div className={css.split} data-panel={(panelOpen && !phone) || undefined} style={{ '--panel': `${PANEL_WIDTH}px` }}>
        <div className={css.main} ref={measure} data-view={view}>
          {timed && (
            <div className={css.overview}>
              <Minimap trace={trace} hues={hues} keep={filtered.keep} view={time} />
              <ZoomTrail view={time} duration={trace.duration} />
            </div>
          )}
          {view === 'timeline' && (
            <div className={css.timeline}>
              <div className={css.head}>
                {!phone && (
                  <div className={css.treeHead} style={{ width: treeWidth }}>
                    <span>{columns.length === 0 && 'Service and operation'}</span>
                    {columns.map((key) => (
                      <ColumnHead key={key} name={key} partial={values.data?.complete === false} onRemove={() => setColumns(columns.filter((c) => c !== key))} />
                    ))}
                    <IconButton label="Open everything" keys="]" size="sm" onClick={tree.expandAll}>
                      <ChevronsUpDown size={13} />
                    </IconButton>
                    <IconButton label="Close everything" keys="[" size="sm" onClick={tree.collapseAll}>
                      <ChevronsDownUp size={13} />
                    </IconButton>
                  </div>
                )}
                <Ruler view={time} duration={trace.duration} />
              </div>
              <Waterfall
                trace={trace}
                outline={tree.outline}
                rows={tree.rows}
                collapsed={tree.shown.collapsed}
                openFolds={tree.shown.open}
                keep={filtered.keep}
                matches={show === 'match' ? null : filtered.matches}
                hues={hues}
                events={events}
                view={time}
                selected={cursor}
                values={valueRows}
                rowHeight={rowHeight}
                tree={treeWidth}
                onSelect={pick}
                onToggle={(row, deep) => tree.toggle(row, undefined, deep)}
                loading={more.loading}
                handle={waterfall}
              />
              {!phone && width > 0 && <Splitter label="Width of the names" share={share} onShare={setShare} width={width} />}
            </div>
          )}
          {view === 'flame' && (
            <>
              <div className={css.head}>
                <span className={css.flameMode}>
                  <Segmented
                    label="Flame graph"
                    value={search.flame ?? 'time'}
                    options={[{ value: 'time', label: 'over time' }, { value: 'merged', label: 'merged by call path' }]}
                    onChange={(mode) => change({ flame: mode === 'merged' ? mode : undefined })}
                  />
                </span>
              </div>
              <Flame trace={trace} hues={hues} mode={search.flame ?? 'time'} view={search.flame === undefined ? time : merged} keep={filtered.keep ?? filtered.matches} selected={selected} onSelect={select} />
            </>
          )}
          {view === 'table' && (
            <SpanTable
              trace={trace}
              hues={hues}
              keep={filtered.keep}
              by={search.by ?? 'operation'}
              sort={search.sort ?? 'self'}
              dir={search.dir ?? 'desc'}
              onBy={(by) => change({ by: by === 'operation' ? undefined : by })}
              onSort={(sort, dir) => change({ sort: sort === 'self' ? undefined : sort, dir: dir === 'desc' ? undefined : dir })}
              onJump={pick}
            />
          )}
          {view === 'map' && <Suspense><TraceMap trace={trace} narrow={phone} service={onlyService(search.q)} onService={(name) => change({ q: name === undefined ? undefined : `service = ${quote(name)}` })} /></Suspense>}
          {view === 'events' && <EventList trace={trace} hues={hues} keep={filtered.keep} selected={selected} onJump={pick} logs={logs.data && logs.data.records.length > 0 ? <LogList trace={trace} hues={hues} found={logs.data} selected={selected} onJump={pick} title="Log records" none="" /> : null} noLogs={logs.data?.records.length === 0} />}
          {view === 'critical' && <CriticalList trace={trace} hues={hues} selected={selected} onJump={pick} />}
          {view === 'json' && <JsonView traceId={trace.traceId} file={hint.file === true} />}
        </div>
        {panelOpen && view !== 'json' && (
          <SpanPanel trace={trace} hint={hint} row={selected} settled={settled} hues={hues} tab={tab} onTab={(next) => change({ tab: next })} onClose={() => change({ tab: phone ? undefined : 'none', ...(phone ? { span: undefined } : {}) })} onSelect={select} columns={columns} onColumns={setColumns} />
        )}
      </div>
    </>
  )
}

/** A tree whose rows for what was left out bring it; so does opening a span that has nothing else below it. */
function useLoadingTree(tree: Tree, trace: TraceModel, more: More): Tree {
  const { load } = more
  const { toggle, shown } = tree
  const opening = useCallback<Tree['toggle']>(
    (row, expand, deep) => {
      const above = moreOf(trace.outline.folds, row)
      if (above >= 0) return load(above)
      toggle(row, expand, deep)
      if (row >= 0 && trace.spans.descendants[row] === 0 && trace.spans.hidden[row] > 0 && (expand ?? shown.collapsed[row] === 1)) load(row)
    },
    [trace, load, toggle, shown],
  )
  return { ...tree, toggle: opening }
}

function huesOf(trace: TraceModel): Uint8Array {
  const hues = assignHues(trace.services.map((s) => s.name))
  return Uint8Array.from(trace.services, (s) => hues.get(s.name) ?? 0)
}

/** The service that the search is about, when it is about nothing else. */
function onlyService(q: string | undefined): string | undefined {
  const m = /^service = "?([^"]+?)"?$/.exec(q ?? '')
  return m?.[1]
}

const SHARE_KEY = 'sightline.trace.tree'

/** How much of the width the tree takes; a habit of the reader's, not part of the view. */
function useStoredShare(): [number, (share: number) => void] {
  const [share, setShare] = useState(() => {
    try {
      const kept = Number(localStorage.getItem(SHARE_KEY))
      return kept >= 0.15 && kept <= 0.85 ? kept : 0.36
    } catch {
      return 0.36 // Storage is forbidden.
    }
  })
  const set = (next: number) => {
    setShare(next)
    try {
      localStorage.setItem(SHARE_KEY, next.toFixed(3))
    } catch {
      // As above.
    }
  }
  return [share, set]
}
