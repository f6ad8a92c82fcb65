import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useState } from 'react'
import type { Scope } from '../../api/hooks'
import { useOperation } from '../../api/spans'
import type { Exemplar, OperationDetail } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { useShared } from '../../nav'
import { niceDurationMax } from '../../pure/chart'
import { formatAgo, formatDuration, formatPercent, formatRate } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { failedShare, gaps } from '../../pure/red'
import { epochMsOfRFC3339, type Nanos } from '../../pure/units'
import { ApdexScore } from '../../widgets/ApdexScore'
import { IconButton } from '../../widgets/Button'
import { Figure } from '../../widgets/Figure'
import { ErrorState, Skeleton, Stale } from '../../widgets/States'
import { TimeChart } from '../../widgets/TimeChart'
import { useNow } from '../../widgets/useNow'
import css from './OperationPanel.module.css'

type Props = { service: string; operation: string; kind: string | undefined; scope: Scope; onClose: () => void }

/** One operation: how its durations spread, how they went over time, and a trace of the usual and of the worst. */
export function OperationPanel({ service, operation, kind, scope, onClose }: Props) {
  const detail = useOperation(service, operation, kind, scope)
  return (
    <aside className={css.panel} aria-label={operation}>
      <header className={css.header}>
        <div>
          <h2>{operation}</h2>
          <p className={css.sub}>{detail.data?.kind ?? kind ?? ''}</p>
        </div>
        <IconButton label="Close" keys="escape" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {detail.data !== undefined ? (
        <Stale stale={detail.isPlaceholderData} className={css.body}>
          <Body key={`${operation} ${kind ?? ''}`} detail={detail.data} />
        </Stale>
      ) : detail.error !== null ? (
        <ErrorState error={detail.error} retry={() => void detail.refetch()} />
      ) : (
        <Skeleton height={80} rows={3} />
      )}
    </aside>
  )
}

function Body({ detail }: { detail: OperationDetail }) {
  const shared = useShared()
  const [ranges, setRanges] = useState<readonly (readonly [Nanos, Nanos])[]>([])
  const [hover, setHover] = useState<number | null>(null)
  const { stats, series } = detail
  const failed = failedShare(stats)
  const base = `service = ${quoteValue(detail.service)} and name = ${quoteValue(detail.name)}`
  const within = ranges.map(([a, b]) => `(duration >= ${Math.floor(a)}ns and duration <= ${Math.ceil(b)}ns)`).join(' or ')
  const q = ranges.length === 0 ? base : `${base} and (${within})`
  const p95 = gaps(series.p95_ns)
  return (
    <>
      <dl className={css.figures}>
        <Figure label="Requests" value={formatRate(stats.rate)} />
        <Figure label="Failed" value={formatPercent(failed)} tone={failed >= 0.01 ? 'fault' : undefined} />
        <Figure label="p50" value={formatDuration(stats.p50_ns)} />
        <Figure label="p95" value={formatDuration(stats.p95_ns)} />
        {detail.apdex !== null && <Figure label="Apdex" value={<ApdexScore apdex={detail.apdex} />} />}
      </dl>
      <section>
        <h3>Durations</h3>
        <Histogram histogram={stats.histogram} marks={[['p50', stats.p50_ns], ['p95', stats.p95_ns], ['p99', stats.p99_ns]]} ranges={ranges} onRanges={setRanges} />
      </section>
      <TimeChart
        title="Over time"
        look="lines"
        series={[{ name: 'p50', values: gaps(series.p50_ns), colour: '--accent', weight: 0.55 }, { name: 'p95', values: p95, colour: '--accent' }]}
        start={epochMsOfRFC3339(series.start)}
        stepMs={series.step_s * 1000}
        max={niceDurationMax(p95.reduce<number>((m, v) => Math.max(m, v ?? 0), 0))}
        format={formatDuration}
        hover={hover}
        onHover={setHover}
      />
      <section>
        <h3>Examples</h3>
        <ul className={css.examples}>
          <Example label="A typical one" exemplar={detail.typical} none="None was near the median and ok." />
          <Example label="The slowest" exemplar={detail.slowest} none="None is kept." />
        </ul>
      </section>
      <Link to="/traces" search={{ ...shared, q }} className={css.all}>
        {ranges.length === 0 ? 'All its traces' : 'Its traces of the chosen durations'}
      </Link>
      {failed > 0 && (
        <Link to="/traces" search={{ ...shared, q: `${q} and class != ok` }} className={css.all}>
          {ranges.length === 0 ? 'Those that failed' : 'Those of them that failed'}
        </Link>
      )}
    </>
  )
}

function Example({ label, exemplar, none }: { label: string; exemplar: Exemplar | null; none: string }) {
  const shared = useShared()
  const now = useNow(10_000)
  if (exemplar === null) return <li className={css.none}>{label}: {none.toLowerCase()}</li>
  const start = epochMsOfRFC3339(exemplar.start)
  return (
    <li>
      <Link to="/trace/$traceId" params={{ traceId: exemplar.trace_id }} search={{ ...shared, span: exemplar.span_id, start: String(start - 60_000), end: String(start + Math.ceil(exemplar.duration_ns / 1e6) + 60_000) }}>
        {label}
      </Link>
      <span>{formatDuration(exemplar.duration_ns)}</span>
      <span className={css.sub}>{formatAgo(start, now)}</span>
    </li>
  )
}
