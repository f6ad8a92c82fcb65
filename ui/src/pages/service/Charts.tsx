import { useMemo, useState } from 'react'
import type { Service } from '../../api/types'
import { useSetRange } from '../../nav'
import { niceDurationMax, niceMax } from '../../pure/chart'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { gaps, shareSeries } from '../../pure/red'
import { rangeOf } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'
import { type ChartSeries, TimeChart } from '../../widgets/TimeChart'
import css from './Charts.module.css'

const highest = (lists: readonly (readonly (number | null)[])[]) => lists.reduce((max, list) => list.reduce<number>((m, v) => Math.max(m, v ?? 0), max), 0)

/** Rate, errors, duration; the pointer is in all three at once, and a drag sets the time range. */
export function Charts({ service }: { service: Service }) {
  const [hover, setHover] = useState<number | null>(null)
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
    const total = series.ok.map((_, i) => (series.ok[i] + series.error[i] + series.throttle[i] + series.fault[i]) / series.step_s)
    const share = failed[0].values.map((_, i) => failed.reduce((sum, s) => sum + (s.values[i] ?? 0), 0))
    return {
      requests: used(requests, 1),
      requestsMax: niceMax(highest([total])),
      failed: used(failed, 1),
      // Half a percent at least, so that one failure in thousands is no mountain.
      failedMax: Math.min(1, niceMax(Math.max(0.005, highest([share])))),
      latency,
      latencyMax: niceDurationMax(highest([series.p99_ns])),
    }
  }, [series])
  const start = epochMsOfRFC3339(series.start)
  const stepMs = series.step_s * 1000
  const markers = useMemo(() => service.versions.map((v) => ({ at: epochMsOfRFC3339(v.first_seen), label: v.name })).filter((m) => m.at > start + stepMs), [service.versions, start, stepMs])
  const common = {
    start,
    stepMs,
    markers,
    hover,
    onHover: setHover,
    onBrush: (from: number, to: number) => setRange(rangeOf(from, to)),
  }
  return (
    <div className={css.charts}>
      <TimeChart {...common} title="Requests" look="bars" series={charts.requests} max={charts.requestsMax} format={formatRate} />
      <TimeChart {...common} title="Failed" look="areas" series={charts.failed} max={charts.failedMax} format={formatPercent} />
      <TimeChart {...common} title="Duration" look="lines" series={charts.latency} max={charts.latencyMax} format={formatDuration} />
    </div>
  )
}
