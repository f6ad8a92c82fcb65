import { getRouteApi } from '@tanstack/react-router'
import { ChartScatter, ListFilter, Telescope } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { usePrefetchTrace, useStatus, useTraces, useTraceSample } from '../../api/hooks'
import type { TracePage as Page, TraceSummary } from '../../api/types'
import { useScope, useSetRange, useShared } from '../../nav'
import { facetsOf } from '../../pure/facets'
import { formatClock, formatCount, formatShort, plural } from '../../pure/format'
import { hintOf } from '../../pure/hint'
import { ApiError } from '../../pure/problem'
import { toggleCondition } from '../../pure/query'
import { type Brush, withDuration } from '../../pure/scatter'
import { describeRange, rangeOf, resolveRange, zoomOut } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { useSize } from '../../widgets/Canvas'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { Tooltip } from '../../widgets/Tooltip'
import { useMedia } from '../../widgets/useMedia'
import { Facets } from './Facets'
import { QueryBar } from './QueryBar'
import { rememberQuery } from './recent'
import { ResultList } from './ResultList'
import { Scatter } from './Scatter'
import css from './TracesPage.module.css'

const route = getRouteApi('/traces')
/** How many of the newest traces the chart and the facets are about. */
const SAMPLE = 500

export function TracesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const shared = useShared()
  const scope = useScope()
  const setRange = useSetRange()
  const q = search.q ?? ''
  const filtered = q.trim() !== ''
  const result = useTraces(q, scope)
  const pages = result.data?.pages
  const traces = useMemo(() => pages?.flatMap((p) => p.traces) ?? [], [pages])
  const last = pages?.[pages.length - 1]
  const chart = search.chart !== 'off'
  const narrow = useMedia('(max-width: 900px)')
  // On narrow screens the facets lie over the list, so they are a glance and no part of the view.
  const [glance, setGlance] = useState(false)
  const facetsShown = narrow ? glance : search.facets !== 'off'
  const sample = useTraceSample(q, scope, SAMPLE, typeof pages?.[0].next_cursor === 'string' && (chart || facetsShown))
  const sampled = sample.data !== undefined && sample.data.traces.length > traces.length ? sample.data.traces : traces
  const facets = useMemo(() => facetsOf(sampled), [sampled])
  const prefetchTrace = usePrefetchTrace()
  const scroller = useRef<HTMLDivElement>(null)
  const [measureTop, top] = useSize<HTMLDivElement>()
  const [measureChips, chips] = useSize<HTMLSpanElement>()
  const asked = result.dataUpdatedAt

  const setQuery = (next: string) => {
    rememberQuery(next)
    void navigate({ search: (before) => ({ ...before, q: next.trim() === '' ? undefined : next }) })
  }
  const openTrace = (id: string) => void navigate({ to: '/trace/$traceId', params: { traceId: id }, search: shared })
  const open = (t: TraceSummary) => void navigate({ to: '/trace/$traceId', params: { traceId: t.trace_id }, search: { ...shared, ...hintOf(t) } })
  const prefetch = (t: TraceSummary) => prefetchTrace(t.trace_id, hintOf(t))
  const brush = ({ time, duration }: Brush) => {
    const range = time === null ? null : rangeOf(time.from, time.to)
    const next = duration === null ? q : withDuration(q, duration)
    rememberQuery(next)
    void navigate({ search: (before) => ({ ...before, ...range, q: next === '' ? undefined : next }) })
  }
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = result
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage])

  const problem = result.error instanceof ApiError && result.error.code === 'bad_query' ? result.error : null
  const range = chartRange(resolveRange(scope.range, asked || 0), sample.data ?? last, sampled)
  const body = () => {
    if (result.isPending) return <Loading />
    if (problem !== null) return <Empty title="This search could not be read">The mark above is where it stopped making sense.</Empty>
    if (result.error !== null && pages === undefined) return <ErrorState error={result.error} retry={() => void result.refetch()} />
    if (traces.length === 0 && last?.complete !== false) return <NothingFound q={q} rangeText={describeRange(scope.range, asked)} onClear={() => setQuery('')} onWiden={() => setRange(zoomOut(scope.range, Date.now()))} />
    return (
      <Stale stale={result.isPlaceholderData} className={css.results}>
        <div ref={measureTop}>
          {result.error !== null && <Notice tone="warn">The list could not be renewed: {result.error.message}</Notice>}
          {chart && traces.length > 0 && (
            <div className={css.chart}>
              <Scatter traces={sampled} filtered={filtered} range={range} onBrush={brush} onOpen={open} prefetch={prefetch} />
            </div>
          )}
          <div className={css.header} aria-hidden="true">
            <span />
            <span>Trace</span>
            <span ref={measureChips} className={css.services}>
              Services
            </span>
            <span className={css.right}>Duration</span>
            <span className={css.right} data-number>
              Spans
            </span>
            <span className={css.right} data-number>
              Errors
            </span>
            <span className={css.right} data-start>
              Start
            </span>
          </div>
        </div>
        <ResultList traces={traces} filtered={filtered} shared={shared} scroller={scroller} offset={top?.height ?? 0} chipsWidth={chips?.width ?? 0} onEnd={more} prefetch={prefetch} />
        <Footer last={last} count={traces.length} fetching={isFetchingNextPage} onMore={more} />
      </Stale>
    )
  }
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Traces</h1>
      <div className={css.bar}>
        <Tooltip content={facetsShown ? 'Hide the facets' : 'Show the facets'}>
          <Button
            look="plain"
            className={css.toggle}
            pressed={facetsShown}
            aria-label="Facets"
            onClick={() => {
              if (narrow) setGlance(!glance)
              else void navigate({ search: (before) => ({ ...before, facets: facetsShown ? 'off' : undefined }), replace: true })
            }}
          >
            <ListFilter size={16} />
          </Button>
        </Tooltip>
        <QueryBar q={q} range={scope.range} problem={problem} onRun={setQuery} onTrace={openTrace} />
        <Tooltip content={chart ? 'Hide the chart' : 'Show the chart'}>
          <Button look="plain" className={css.toggle} pressed={chart} aria-label="Latency chart" onClick={() => void navigate({ search: (before) => ({ ...before, chart: chart ? 'off' : undefined }), replace: true })}>
            <ChartScatter size={16} />
          </Button>
        </Tooltip>
      </div>
      <div className={css.columns}>
        {facetsShown && (
          <aside className={css.facets} aria-label="Facets">
            {result.isPending && <Skeleton height={18} rows={9} gap={10} />}
            <Facets facets={facets} q={q} total={sampled.length} onToggle={(key, value, exclude) => setQuery(toggleCondition(q, { key, op: exclude ? '!=' : '=', value }))} />
            {sampled.length >= SAMPLE && <p className={css.note}>Counted over the newest {formatCount(sampled.length)} traces.</p>}
          </aside>
        )}
        <div ref={scroller} className={css.scroller} tabIndex={-1}>
          {body()}
        </div>
      </div>
    </div>
  )
}

/** While older traces are not loaded, the chart is about the time that is, so that it does not look empty. */
function chartRange(range: { from: number; to: number }, page: Page | undefined, traces: readonly TraceSummary[]): { from: number; to: number } {
  if (page === undefined || page.next_cursor === null || traces.length === 0) return range
  const oldest = epochMsOfRFC3339(traces[traces.length - 1].start)
  return oldest > range.from && oldest < range.to ? { from: oldest, to: range.to } : range
}

function Loading() {
  return (
    <div className={css.loading}>
      <Skeleton height={124} />
      <Skeleton height={34} rows={9} gap={18} />
    </div>
  )
}

function NothingFound({ q, rangeText, onClear, onWiden }: { q: string; rangeText: string; onClear: () => void; onWiden: () => void }) {
  const status = useStatus()
  const start = route.useNavigate()
  if (status.data?.has_data === false) {
    return (
      <Empty icon={<Telescope size={22} />} title="No span has ever arrived" actions={<Button look="primary" onClick={() => void start({ to: '/start' })}>Send the first one</Button>}>
        Point an OpenTelemetry SDK or Collector here, or send one span with curl.
      </Empty>
    )
  }
  return (
    <Empty
      icon={<Telescope size={22} />}
      title={q === '' ? 'No traces in this time range' : 'No trace matches'}
      actions={
        <>
          <Button onClick={onWiden}>Look at twice the time</Button>
          {q !== '' && <Button onClick={onClear}>Clear the search</Button>}
        </>
      }
    >
      {q === '' ? (
        <>
          Nothing was received in: {rangeText}.{status.data !== undefined && <> Traces are kept for {plural(status.data.retention.traces_days, 'day')}.</>}
        </>
      ) : (
        <>
          All of it was searched: {rangeText}. Conditions hold on one and the same span; <code>or</code> and a longer range find more.
        </>
      )}
    </Empty>
  )
}

function Footer({ last, count, fetching, onMore }: { last: Page | undefined; count: number; fetching: boolean; onMore: () => void }) {
  if (last === undefined) return null
  return (
    <div className={css.footer}>
      {!last.complete && (
        <Notice tone="warn" action={<Button size="sm" disabled={fetching} onClick={onMore}>Search further back</Button>}>
          Stopped at {last.reason === 'row_limit' ? 'the row limit' : 'the time limit'}; searched back to {formatClock(epochMsOfRFC3339(last.searched_from), false)}.
        </Notice>
      )}
      <p>
        {fetching ? 'Loading older traces …' : plural(count, 'trace')}
        {last.next_cursor === null && !fetching ? ', all there are' : ''} · {formatShort(last.elapsed_ms)} ms · {formatShort(last.rows_read)} rows read
      </p>
    </div>
  )
}
