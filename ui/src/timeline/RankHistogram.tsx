import { useMemo } from 'react'
import { formatDuration } from '../pure/format'
import { type Histogram, logBuckets } from '../pure/mapStats'
import { logPlace, type Rank, rankText } from '../pure/traceRank'
import type { Nanos } from '../pure/units'
import css from './RankHistogram.module.css'

/** Durations of an operation, small, with the place of one span among them. */
export function RankHistogram({ histogram, rank, at }: { histogram: Histogram; rank: Rank; at: Nanos }) {
  // The span itself may lie outside of what was counted: the axis reaches to it.
  const buckets = useMemo(() => logBuckets([...histogram, [at, at * 1.01, 1e-9]], 40), [histogram, at])
  const low = buckets[0].low
  const high = buckets[buckets.length - 1].high
  const top = Math.max(...buckets.map((b) => b.count))
  const place = (ns: Nanos) => `${logPlace(low, high, ns) * 100}%`
  return (
    <div className={css.frame} role="img" aria-label={`${rankText(rank)}; p50 ${formatDuration(rank.p50)}, p95 ${formatDuration(rank.p95)}`}>
      <div className={css.plot}>
        <svg className={css.bars} viewBox={`0 0 ${buckets.length} 100`} preserveAspectRatio="none" aria-hidden="true">
          {buckets.map((b, i) => {
            const h = b.count > 1e-6 ? Math.max(4, (b.count / top) * 100) : 0
            return <rect key={i} x={i + 0.06} width={0.88} y={100 - h} height={h} />
          })}
        </svg>
        {([['p50', rank.p50], ['p95', rank.p95]] as const).map(([label, ns]) => (
          <span key={label} className={css.mark} style={{ left: place(ns) }} />
        ))}
        <span className={css.here} style={{ left: place(at) }} />
      </div>
      <div className={css.axis} aria-hidden="true">
        <span>{formatDuration(low)}</span>
        <span>
          p50 {formatDuration(rank.p50)}, p95 {formatDuration(rank.p95)}
        </span>
        <span>{formatDuration(high)}</span>
      </div>
    </div>
  )
}
