import { useMemo } from 'react'
import { usePoints } from '../../api/search'
import type { Scope } from '../../api/hooks'
import { useHeatmap } from '../../api/spans'
import { formatClock, formatCount } from '../../pure/format'
import { type ChartLook, coarser, gridOf, lookOf } from '../../pure/heatmap'
import { MOST_DOTS } from '../../pure/scatter'
import type { Resolved } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'

/** Columns of time: as many as can be told apart. */
const COLUMNS = { wide: 120, narrow: 60 }

/** Rows of durations: as many as can be told apart in the chart's height. */
const ROWS = 24

/** What the chart shows: the server's counts always, and the spans themselves while they are few enough to be dots. */
export function useLatency(q: string, scope: Scope, range: Resolved, chosen: ChartLook | undefined, enabled: boolean, narrow: boolean) {
  const heat = useHeatmap(q, scope, narrow ? COLUMNS.narrow : COLUMNS.wide, enabled)
  const grid = useMemo(() => (heat.data === undefined ? null : coarser(gridOf(heat.data), ROWS)), [heat.data])
  const look = lookOf(chosen, heat.data?.spans)
  const points = usePoints(q, scope, MOST_DOTS, enabled && look === 'scatter')
  const bad = useMemo(() => grid?.cells.reduce((n, c) => n + c.bad, 0) ?? 0, [grid])

  const whole: Resolved = grid === null ? range : { from: grid.from, to: grid.from + grid.step * grid.columns }
  const spans = points.data?.spans
  const oldest = spans === undefined || spans.length === 0 || points.data?.more !== true ? null : epochMsOfRFC3339(spans[spans.length - 1].start)
  // Where not every span is a dot, the chart is about the time that they cover, so that it does not look empty before.
  const from = oldest === null ? whole.from : Math.max(whole.from, oldest)
  const shown = useMemo(() => ({ from, to: whole.to }), [from, whole.to])
  const note = useMemo(() => {
    if (look === 'scatter' && points.data?.more === true) return `dots are the newest ${formatCount(MOST_DOTS)}`
    if (heat.data !== undefined && !heat.data.complete) return `counted back to ${formatClock(epochMsOfRFC3339(heat.data.searched_from), false)}, then a limit came`
    return ''
  }, [look, points.data, heat.data])
  return {
    look,
    grid,
    points: look === 'scatter' ? (spans ?? null) : null,
    shown,
    bad,
    note,
    pending: heat.isPending,
    stale: heat.isPlaceholderData || (look === 'scatter' && points.isPlaceholderData),
    error: heat.error ?? points.error,
    retry: () => void heat.refetch(),
  }
}
