import { type PointerEvent, useMemo, useRef, useState } from 'react'
import { formatCount, formatDuration } from '../pure/format'
import { markLabels } from '../pure/markLabels'
import { type Histogram as Buckets, together } from '../pure/mapStats'
import type { Nanos } from '../pure/units'
import { Button } from '../widgets/Button'
import css from './Histogram.module.css'

type Span = readonly [Nanos, Nanos]

type Props = {
  histogram: Buckets
  /** another view of the same requests, drawn as an outline over the bars */
  other?: { histogram: Buckets; label: string }
  marks: readonly (readonly [label: string, at: Nanos])[]
  ranges?: readonly Span[]
  /** absent where there is nothing to choose */
  onRanges?: (ranges: readonly Span[]) => void
}

const NONE: readonly Span[] = []

/** Durations in logarithmic buckets. Dragging chooses a range, with Shift one more; the buttons choose the slow ends without a mouse. */
export function Histogram({ histogram, other, marks, ranges = NONE, onRanges }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number; add: boolean } | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const { mine, theirs } = useMemo(() => together(histogram, other?.histogram ?? []), [histogram, other])
  const buckets = mine
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
  const kept = drag === null || drag.add ? ranges.map(([a, b]): [number, number] => [at(a), at(b)]) : []
  const chosen = drag ? [...kept, [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]] : kept
  const finish = () => {
    if (drag && onRanges) {
      const moved = Math.abs(drag.to - drag.from) > 0.01
      const next: Span[] = moved ? [[nanosAt(Math.min(drag.from, drag.to)), nanosAt(Math.max(drag.from, drag.to))]] : []
      onRanges(drag.add ? [...ranges, ...next] : next)
    }
    setDrag(null)
  }
  return (
    <div className={css.histogram}>
      <div
        ref={box}
        className={css.plot}
        data-fixed={onRanges === undefined || undefined}
        onPointerDown={(e) => {
          if (e.button !== 0 || onRanges === undefined) return
          e.currentTarget.setPointerCapture(e.pointerId)
          setDrag({ from: share(e), to: share(e), add: e.shiftKey })
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
            const inside = chosen.length === 0 || chosen.some(([a, b]) => (i + 1) / n > a && i / n < b)
            return <rect key={i} x={i + 0.08} width={0.84} y={100 - h} height={h} className={css.bar} data-out={!inside || undefined} data-over={i === over || undefined} />
          })}
          {theirs !== null && <path d={outline(theirs)} className={css.outline} />}
        </svg>
        {chosen.map(([a, b], i) => (
          <span key={i} className={css.brush} style={{ left: `${a * 100}%`, width: `${(b - a) * 100}%` }} />
        ))}
        {marks.map(([label, ns]) => (
          <span key={label} className={css.mark} style={{ left: `${at(ns) * 100}%` }} />
        ))}
        {markLabels(marks.map(([label, ns]) => [label, at(ns)])).map((l) => (
          <span key={l.text} className={css.label} data-align={l.align} style={{ left: `${l.at * 100}%` }}>
            {l.text}
          </span>
        ))}
      </div>
      <div className={css.axis}>
        <span>{formatDuration(low)}</span>
        <span>
          {over !== null && !drag
            ? `${formatDuration(buckets[over].low)} – ${formatDuration(buckets[over].high)}: ${formatCount(buckets[over].count)}`
            : chosen.length > 0
              ? chosen.map(([a, b]) => `${formatDuration(nanosAt(a))} – ${formatDuration(nanosAt(b))}`).join(', ')
              : other !== undefined
                ? other.label
                : onRanges && 'drag to choose, with Shift to add'}
        </span>
        <span>{formatDuration(high)}</span>
      </div>
      {onRanges && (
        <div className={css.presets}>
          {marks.slice(1).map(([label, ns]) => {
            const on = ranges.length === 1 && Math.abs(ranges[0][0] - ns) < 1
            return (
              <Button key={label} size="sm" pressed={on} onClick={() => onRanges(on ? NONE : [[ns, high]])}>
                slower than {label}
              </Button>
            )
          })}
          {ranges.length > 0 && (
            <Button size="sm" onClick={() => onRanges(NONE)}>
              all durations
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

/** A stepped line over the bars, as high as the bars are. */
function outline(buckets: readonly { count: number }[]): string {
  const top = Math.max(1e-9, ...buckets.map((b) => b.count))
  return `M 0 100 ${buckets.map((b, i) => `L ${i} ${100 - (b.count / top) * 100} L ${i + 1} ${100 - (b.count / top) * 100}`).join(' ')} L ${buckets.length} 100`
}
