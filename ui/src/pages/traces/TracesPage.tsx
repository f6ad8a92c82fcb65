import { getRouteApi } from '@tanstack/react-router'
import { ChartScatter, ListFilter } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { usePrefetchTrace } from '../../api/hooks'
import { useScope, useSetRange, useShared } from '../../nav'
import { type Brush, brushOfParam, narrowed, paramOf, rangeWithin, within } from '../../pure/brush'
import { hintOf } from '../../pure/hint'
import { countIn } from '../../pure/heatmap'
import { ApiError } from '../../pure/problem'
import { isTraceQL } from '../../pure/query'
import { toggleMark } from '../../pure/resultSort'
import { chartQuery } from '../../pure/scatter'
import { addColumn, askedOf, leastWidth } from '../../pure/spanColumns'
import { describeRange, resolveRange, zoomOut } from '../../pure/time'
import { Button } from '../../widgets/Button'
import { useSize } from '../../widgets/Canvas'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { Tooltip } from '../../widgets/Tooltip'
import { useMedia } from '../../widgets/useMedia'
import { Chart } from './Chart'
import { ChartBar } from './ChartBar'
import { Compare } from './Compare'
import { Facets } from './Facets'
import { Peek } from './Peek'
import { QueryBar } from './QueryBar'
import { defaultColumns, defaultPins, rememberColumns, rememberPins, rememberQuery } from './recent'
import { Footer, MarkBar, NewerPill } from './Result'
import { ResultList } from './ResultList'
import { SpanHead, SpanList } from './SpanList'
import { Loading, NothingFound } from './States'
import { Toolbar, type View } from './Toolbar'
import { TraceHead } from './TraceHead'
import { useLatency } from './useLatency'
import { useResult } from './useResult'
import css from './TracesPage.module.css'

const route = getRouteApi('/traces')
/** Scrolled further than this, the list is being read and stands still, in px. */
const AWAY = 40
const NONE: readonly string[] = []

export function TracesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const shared = useShared()
  const scope = useScope()
  const setRange = useSetRange()
  const q = search.q ?? ''
  const structural = isTraceQL(q) // it finds traces, and has no spans for a chart, facets or a comparison
  const view: View = structural ? 'traces' : (search.view ?? 'traces')
  const sort = structural ? 'newest' : (search.sort ?? 'newest')
  const cmp = structural ? undefined : search.cmp
  const brush = useMemo(() => (search.brush === undefined || structural ? null : brushOfParam(search.brush)), [search.brush, structural])
  const columns = useMemo(() => search.cols ?? defaultColumns(), [search.cols])
  const asked = useMemo(() => askedOf(columns), [columns])
  const pins = useMemo(() => search.pins ?? defaultPins(), [search.pins])
  const marks = search.mark ?? NONE

  const subject = chartQuery(view, q)
  // The box on the chart is of the chart's spans, so the list is of those too.
  const listQuery = brush === null ? q : within(subject, brush)
  const listScope = useMemo(() => (brush === null ? scope : { ...scope, range: rangeWithin(scope.range, brush) }), [scope, brush])
  const [away, setAway] = useState(false)
  const result = useResult({ view, q: listQuery, scope: listScope, sort, asked, away })

  const chart = search.chart !== 'off' && !structural
  const look = search.chart === 'off' ? undefined : search.chart
  const tiny = useMedia('(max-width: 560px)')
  const narrow = useMedia('(max-width: 900px)')
  // On narrow screens the facets lie over the list, so they are a glance and no part of the view.
  const [glance, setGlance] = useState(false)
  const facetsShown = !structural && (narrow ? glance : search.facets !== 'off')
  const range = useMemo(() => resolveRange(scope.range, result.updatedAt), [scope.range, result.updatedAt])
  const latency = useLatency(subject, scope, range, look, chart, tiny)
  const inside = useMemo(() => (brush === null || latency.grid === null ? null : countIn(latency.grid, brush)), [brush, latency.grid])

  const prefetchTrace = usePrefetchTrace()
  const scroller = useRef<HTMLDivElement>(null)
  const [measureTop, top] = useSize<HTMLDivElement>()
  const [measureChips, chips] = useSize<HTMLSpanElement>()

  const patch = (next: Partial<typeof search>, replace = false) => void navigate({ search: (before) => ({ ...before, ...next }), replace })
  const setQuery = (next: string) => {
    rememberQuery(next)
    patch({ q: next.trim() === '' ? undefined : next })
  }
  const setBrush = (next: Brush | null) => {
    scroller.current?.scrollTo({ top: 0 })
    patch({ brush: next === null ? undefined : paramOf(next), ...(next === null && search.cmp === 'brush' ? { cmp: undefined } : {}) })
  }
  const zoom = () => {
    if (brush === null) return
    const next = narrowed(subject, brush)
    rememberQuery(next)
    patch({ ...rangeWithin(scope.range, brush), q: brush.low === null && brush.high === null ? search.q : next, brush: undefined, cmp: undefined })
  }
  const setColumns = (next: string[]) => {
    rememberColumns(next)
    patch({ cols: next.length === 0 ? undefined : next }, true)
  }
  const setPins = (next: string[]) => {
    rememberPins(next)
    patch({ pins: next.length === 0 ? undefined : next }, true)
  }
  const openTrace = (id: string, span?: string) => void navigate({ to: '/trace/$traceId', params: { traceId: id }, search: { ...shared, span } })
  const mark = (id: string) => {
    const next = toggleMark(marks, id)
    patch({ mark: next.length === 0 ? undefined : next }, true)
  }
  const peek = (id: string, follow: boolean) => {
    if (follow) {
      if (search.peek !== undefined && search.peek !== id) patch({ peek: id }, true)
    } else patch({ peek: search.peek === id ? undefined : id }, true)
  }
  const peeked = search.peek === undefined ? undefined : result.traces.find((t) => t.trace_id === search.peek)

  const problem = result.error instanceof ApiError && result.error.code === 'bad_query' ? result.error : null
  const nothing = !result.pending && result.error === null && result.count === 0 && result.last?.complete !== false
  const list = { shared, scroller, offset: top?.height ?? 0, marks, peek: search.peek, onEnd: result.more, onMark: mark, onPeek: peek }
  const head = (
    <div ref={measureTop}>
      <div className={css.still}>
        {chart && !(nothing && brush === null) && problem === null && (
          <div className={css.chart}>
            <ChartBar
              what={subject === 'root' && q === '' ? 'root spans' : 'matching spans'}
              counted={latency.grid === null ? null : { count: latency.grid.spans, bad: latency.bad }}
              note={latency.note}
              chosen={look}
              onLook={(next) => patch({ chart: next }, true)}
              range={latency.shown}
              brush={brush}
              inside={inside}
              onBrush={setBrush}
              onCompare={() => patch({ cmp: 'brush' })}
              onZoom={zoom}
            />
            {latency.error !== null && latency.grid === null ? (
              <Notice tone="warn" action={<Button size="sm" onClick={latency.retry}>Try again</Button>}>
                The chart could not be drawn: {latency.error.message}
              </Notice>
            ) : latency.pending ? (
              <Skeleton height={190} />
            ) : (
              <Stale stale={latency.stale}>
                <Chart look={latency.look} grid={latency.grid} points={latency.points} range={latency.shown} brush={brush} onBrush={setBrush} onOpen={(s) => openTrace(s.trace_id, s.span_id)} prefetch={(s) => prefetchTrace(s.trace_id, {})} />
              </Stale>
            )}
          </div>
        )}
        {cmp === undefined && (
          <Toolbar
            view={view}
            onView={(next) => patch({ view: next === 'traces' ? undefined : next, cols: next === 'spans' && columns.length > 0 ? [...columns] : search.cols, sort: next === 'spans' && sort !== 'duration' ? undefined : search.sort })}
            sort={sort}
            onSort={(next) => patch({ sort: next === 'newest' ? undefined : next })}
            columns={columns}
            onColumns={setColumns}
            range={scope.range}
            structural={structural}
            failures={!nothing && !structural && (latency.grid === null || (latency.bad > 0 && latency.bad < latency.grid.spans))}
            onFailures={() => patch({ cmp: 'failed' })}
          />
        )}
        {cmp === undefined && result.note !== '' && <Notice>{result.note}</Notice>}
        {result.error !== null && result.count > 0 && (
          <Notice tone="warn" action={<Button size="sm" onClick={result.retry}>Try again</Button>}>
            The list could not be renewed: {result.error.message}
          </Notice>
        )}
      </div>
      {cmp === undefined && result.count > 0 && (view === 'spans' ? <SpanHead columns={columns} /> : <TraceHead measureChips={measureChips} />)}
    </div>
  )
  const body = () => {
    if (problem !== null) return <Empty title="This search could not be read">The mark above is where it stopped making sense.</Empty>
    if (cmp !== undefined) {
      return (
        <Compare
          subject={cmp}
          q={cmp === 'brush' ? subject : listQuery}
          base={q}
          scope={cmp === 'brush' ? scope : listScope}
          brush={brush}
          choice={search}
          onChoice={patch}
          onQuery={setQuery}
          onPin={(key) => setPins(addColumn(pins, key))}
        />
      )
    }
    if (result.pending) return <Loading />
    if (result.error !== null && result.count === 0) return <ErrorState error={result.error} retry={result.retry} />
    if (nothing) return <NothingFound q={q} selected={brush !== null && latency.grid?.spans !== 0} rangeText={describeRange(scope.range, result.updatedAt)} onClear={() => setQuery('')} onUnselect={() => setBrush(null)} onWiden={() => setRange(zoomOut(scope.range, Date.now()))} />
    return (
      <Stale stale={result.stale}>
        {view === 'traces' ? (
          <ResultList {...list} traces={result.traces} filtered={listQuery.trim() !== ''} chipsWidth={chips?.width ?? 0} prefetch={(t) => prefetchTrace(t.trace_id, hintOf(t))} />
        ) : (
          <SpanList {...list} spans={result.spans} columns={columns} asked={result.columns} prefetch={(s) => prefetchTrace(s.trace_id, {})} />
        )}
        <div className={css.still}>
          <Footer last={result.last} count={result.count} what={view === 'traces' ? 'trace' : 'span'} fetching={result.fetchingMore} onMore={result.more} />
        </div>
      </Stale>
    )
  }
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Traces</h1>
      <div className={css.bar}>
        <Tooltip content={facetsShown ? 'Hide the facets' : 'Show the facets'}>
          <Button look="plain" className={css.toggle} pressed={facetsShown} disabled={structural} aria-label="Facets" onClick={() => (narrow ? setGlance(!glance) : patch({ facets: facetsShown ? 'off' : undefined }, true))}>
            <ListFilter size={16} />
          </Button>
        </Tooltip>
        <QueryBar q={q} range={scope.range} problem={problem} onRun={setQuery} onTrace={(id) => openTrace(id)} />
        <Tooltip content={chart ? 'Hide the chart' : 'Show the chart'}>
          <Button look="plain" className={css.toggle} pressed={chart} disabled={structural} aria-label="Latency chart" onClick={() => patch({ chart: chart ? 'off' : undefined }, true)}>
            <ChartScatter size={16} />
          </Button>
        </Tooltip>
      </div>
      <div className={css.columns}>
        {facetsShown && (
          <aside className={css.facets} aria-label="Facets">
            <Facets q={listQuery} scope={listScope} ready={!result.pending && !result.stale} base={q} pins={pins} toggled={search.open ?? NONE} onQuery={setQuery} onPins={setPins} onToggled={(open) => patch({ open: open.length === 0 ? undefined : open }, true)} />
          </aside>
        )}
        <div className={css.main}>
          <div ref={scroller} className={css.scroller} tabIndex={-1} onScroll={(e) => setAway(e.currentTarget.scrollTop > AWAY)}>
            <NewerPill
              count={result.newer}
              most={result.newerMost}
              what={view === 'traces' ? 'trace' : 'span'}
              onClick={() => {
                scroller.current?.scrollTo({ top: 0 })
                result.toNewest()
              }}
            />
            <div className={css.wide} style={view === 'spans' && cmp === undefined && !tiny ? { minWidth: leastWidth(columns) } : undefined}>
              {head}
              {body()}
            </div>
          </div>
          <MarkBar marks={marks} shared={shared} onClear={() => patch({ mark: undefined }, true)} />
        </div>
        {search.peek !== undefined && <Peek traceId={search.peek} hint={peeked === undefined ? {} : hintOf(peeked)} shared={shared} onClose={() => patch({ peek: undefined }, true)} />}
      </div>
    </div>
  )
}
