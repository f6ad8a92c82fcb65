import { type PointerEvent, useMemo, useRef, useState } from 'react'
import { formatCount, formatDuration } from '../pure/format'
import { type Histogram as Buckets, logBuckets } from '../pure/mapStats'
import type { Nanos } from '../pure/units'
import { Button } from '../widgets/Button'
import css from './Histogram.module.css'

type Props = {
  histogram: Buckets
  marks: readonly (readonly [label: string, at: Nanos])[]
  range: readonly [Nanos, Nanos] | null
  onRange: (range: readonly [Nanos, Nanos] | null) => void
}

/** Durations in logarithmic buckets. Dragging chooses a range; the buttons choose the slow ends without a mouse. */
export function Histogram({ histogram, marks, range, onRange }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const buckets = useMemo(() => logBuckets(histogram), [histogram])
  if (buckets.length === 0) return <p className={css.none}>No durations in this range.</p>
  const n = buckets.length
  const low = buckets[0].low
  const high = buckets[n - 1].high
  const top = Math.max(...buckets.map((b) => b.count))
  const at = (ns: Nanos) => Math.min(1, Math.max(0, Math.log(Math.max(low, ns) / low) / Math.log(high / low)))
  const nanosAt = (share: number) => low * Math.exp(share * Math.log(high / low))
  const share = (e: PointerEvent) => {
    const r = box.current?.getBoundingClientRect()
    return r ? Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)) : 0
  }
  const chosen = drag ? [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] : range ? [at(range[0]), at(range[1])] : null
  const finish = () => {
    if (drag && Math.abs(drag.to - drag.from) > 0.01) onRange([nanosAt(Math.min(drag.from, drag.to)), nanosAt(Math.max(drag.from, drag.to))])
    else onRange(null)
    setDrag(null)
  }
  return (
    <div className={css.histogram}>
      <div
        ref={box}
        className={css.plot}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId)
          setDrag({ from: share(e), to: share(e) })
        }}
        onPointerMove={(e) => {
          setOver(Math.min(n - 1, Math.floor(share(e) * n)))
          if (drag) setDrag({ ...drag, to: share(e) })
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setOver(null)}
      >
        <svg className={css.bars} viewBox={`0 0 ${n} 100`} preserveAspectRatio="none" role="img" aria-label={`Latency histogram from ${formatDuration(low)} to ${formatDuration(high)}`}>
          {buckets.map((b, i) => {
            const h = b.count > 0 ? Math.max(2, (b.count / top) * 100) : 0
            const inside = chosen === null || ((i + 1) / n > chosen[0] && i / n < chosen[1])
            return <rect key={i} x={i + 0.08} width={0.84} y={100 - h} height={h} className={css.bar} data-out={!inside || undefined} data-over={i === over || undefined} />
          })}
        </svg>
        {chosen && <span className={css.brush} style={{ left: `${chosen[0] * 100}%`, width: `${(chosen[1] - chosen[0]) * 100}%` }} />}
        {marks.map(([label, ns]) => (
          <span key={label} className={css.mark} style={{ left: `${at(ns) * 100}%` }}>
            <i>{label}</i>
          </span>
        ))}
      </div>
      <div className={css.axis}>
        <span>{formatDuration(low)}</span>
        <span>
          {over !== null && !drag
            ? `${formatDuration(buckets[over].low)} – ${formatDuration(buckets[over].high)}: ${formatCount(buckets[over].count)}`
            : chosen
              ? `${formatDuration(nanosAt(chosen[0]))} – ${formatDuration(nanosAt(chosen[1]))}`
              : 'drag to choose a range'}
        </span>
        <span>{formatDuration(high)}</span>
      </div>
      <div className={css.presets}>
        {marks.slice(1).map(([label, ns]) => (
          <Button key={label} size="sm" look="quiet" pressed={range !== null && range[0] === ns} onClick={() => onRange(range?.[0] === ns ? null : [ns, high])}>
            slower than {label}
          </Button>
        ))}
        {range !== null && (
          <Button size="sm" look="quiet" onClick={() => onRange(null)}>
            all durations
          </Button>
        )}
      </div>
    </div>
  )
}
