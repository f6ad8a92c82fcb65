import { useMemo } from 'react'
import type { Series, Service } from '../../api/types'
import { useSetRange } from '../../nav'
import { niceDurationMax, niceMax } from '../../pure/chart'
import { badBands } from '../../pure/deploys'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { gaps, shareSeries } from '../../pure/red'
import { rangeOf } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'
import { type ChartSeries, TimeChart } from '../../widgets/TimeChart'
import css from './Charts.module.css'

const highest = (lists: readonly (readonly (number | null)[])[]) => lists.reduce((max, list) => list.reduce<number>((m, v) => Math.max(m, v ?? 0), max), 0)

/** Requests per second and the share that failed, step by step. */
function totals(series: Series): { rate: number[]; failed: number[] } {
  const all = series.ok.map((ok, i) => ok + series.error[i] + series.throttle[i] + series.fault[i])
  return { rate: all.map((n) => n / series.step_s), failed: all.map((n, i) => (n > 0 ? (n - series.ok[i]) / n : 0)) }
}

/** The time before as lines, cut or filled to the same steps; nothing where it had other steps or no request. */
function ghostOf(before: Series | undefined, series: Series): { rate: (number | null)[]; failed: (number | null)[]; p95: (number | null)[] } | undefined {
  if (before === undefined || before.step_s !== series.step_s) return undefined
  const { rate, failed } = totals(before)
  const first = rate.findIndex((n) => n > 0)
  if (first < 0) return undefined
  // Before its first request the service was not there, which is no rate of 0.
  const fit = (list: readonly (number | null)[]) => series.ok.map((_, i) => (i < first ? null : (list[i] ?? null)))
  return { rate: fit(rate), failed: fit(failed), p95: fit(gaps(before.p95_ns)) }
}

type Props = { service: Service; before: Series | undefined; hover: number | null; onHover: (index: number | null) => void }

/** Rate, errors, duration; the pointer is in all three at once, and a drag sets the time range. */
export function Charts({ service, before, hover, onHover }: Props) {
  const setRange = useSetRange()
  const { series } = service
  const charts = useMemo(() => {
    const perSecond = (list: readonly number[]) => list.map((n) => n / series.step_s)
    const requests: ChartSeries[] = [
      { name: 'OK', values: perSecond(series.ok), colour: '--accent', weight: 0.42 },
      { name: 'Error', values: perSecond(series.error), colour: '--error' },
      { name: 'Throttle', values: perSecond(series.throttle), colour: '--throttle' },
      { name: 'Fault', values: perSecond(series.fault), colour: '--fault' },
    ]
    const failed: ChartSeries[] = [
      { name: 'Fault', values: shareSeries(series, 'fault'), colour: '--fault', weight: 0.85 },
      { name: 'Throttle', values: shareSeries(series, 'throttle'), colour: '--throttle', weight: 0.85 },
      { name: 'Error', values: shareSeries(series, 'error'), colour: '--error', weight: 0.85 },
    ]
    const latency: ChartSeries[] = [
      { name: 'p50', values: gaps(series.p50_ns), colour: '--accent', weight: 0.55 },
      { name: 'p95', values: gaps(series.p95_ns), colour: '--accent' },
      { name: 'p99', values: gaps(series.p99_ns), colour: '--text-3', dashed: true },
    ]
    const used = (list: ChartSeries[], always: number) => list.filter((s, i) => i < always || highest([s.values]) > 0)
    const now = totals(series)
    const ghost = ghostOf(before, series)
    return {
      ghost,
      requests: used(requests, 1),
      requestsMax: niceMax(highest([now.rate, ghost?.rate ?? []])),
      failed: used(failed, 1),
      // Half a percent at least, so that one failure in thousands is no mountain.
      failedMax: Math.min(1, niceMax(Math.max(0.005, highest([now.failed, ghost?.failed ?? []])))),
      latency,
      latencyMax: niceDurationMax(highest([series.p99_ns, ghost?.p95 ?? []])),
    }
  }, [series, before])
  const start = epochMsOfRFC3339(series.start)
  const stepMs = series.step_s * 1000
  const end = start + stepMs * series.ok.length
  const markers = useMemo(() => service.deployments.map((d) => ({ at: epochMsOfRFC3339(d.at), label: d.version })).sort((a, b) => a.at - b.at), [service.deployments])
  const bands = useMemo(() => badBands(service.deployments, end), [service.deployments, end])
  const common = { start, stepMs, markers, bands, hover, onHover, onBrush: (from: number, to: number) => setRange(rangeOf(from, to)) }
  return (
    <div className={css.charts}>
      <TimeChart {...common} title="Requests" look="bars" series={charts.requests} ghost={charts.ghost?.rate} max={charts.requestsMax} format={formatRate} />
      <TimeChart {...common} title="Failed" look="areas" series={charts.failed} ghost={charts.ghost?.failed} max={charts.failedMax} format={formatPercent} />
      <TimeChart {...common} title="Duration" look="lines" series={charts.latency} ghost={charts.ghost?.p95} max={charts.latencyMax} format={formatDuration} />
    </div>
  )
}
