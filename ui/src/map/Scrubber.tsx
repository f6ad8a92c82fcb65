import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react'
import { formatClock, formatCount, formatPercent } from '../pure/format'
import { tickLabel, timeTicks } from '../pure/time'
import type { EpochMs } from '../pure/units'
import { useSize } from '../widgets/Canvas'
import css from './Scrubber.module.css'

type Props = {
  /** ms since 1970 of the first bucket */
  start: EpochMs
  /** ms */
  step: number
  requests: readonly number[]
  bad: readonly number[]
  /** the buckets [from, to) that are in view; null for all of them */
  at: readonly [number, number] | null
  onRange: (from: EpochMs, to: EpochMs) => void
  /** a moment was pointed at; null for the whole range */
  onMoment: (at: EpochMs | null) => void
  onStep: (by: 1 | -1) => void
  onPlay: () => void
  /** stands to the left */
  children?: ReactNode
}

/** Less than this is a click, in px. */
const CLICK = 4

/** Requests over the whole range with the failed ones on top. A click looks at a moment, dragging chooses a narrower range. */
export function Scrubber({ start, step, requests, bad, at, onRange, onMoment, onStep, onPlay, children }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [measure, size] = useSize<HTMLDivElement>()
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const n = requests.length
  if (n === 0) return null
  const end = start + n * step
  const top = Math.max(1, ...requests)
  const share = (e: PointerEvent) => {
    const r = box.current?.getBoundingClientRect()
    return r ? Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)) : 0
  }
  const pick = (a: number, b: number) => {
    const lo = Math.floor(Math.min(a, b) * n)
    const hi = Math.max(lo + 1, Math.ceil(Math.max(a, b) * n))
    onRange(start + lo * step, start + hi * step)
  }
  const onKey = (e: KeyboardEvent) => {
    if (e.altKey || e.ctrlKey || e.metaKey) return
    if (e.key === 'ArrowLeft' || e.key === 'ArrowDown') onStep(-1)
    else if (e.key === 'ArrowRight' || e.key === 'ArrowUp') onStep(1)
    else if (e.key === 'Home') onMoment(start)
    else if (e.key === 'End') onMoment(end - 1)
    else if (e.key === ' ') onPlay()
    else if (e.key === 'Enter' && at !== null) onRange(start + at[0] * step, start + at[1] * step)
    else if (e.key === 'Escape' && at !== null) onMoment(null)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const ticks = timeTicks(start, end, Math.min(12, Math.max(2, Math.floor((size?.width ?? 800) / 72))))
  const tip = drag ? null : over
  return (
    <div className={css.scrubber}>
      {children}
      <div ref={measure} className={css.time}>
        <div
          ref={box}
          className={css.plot}
          role="slider"
          tabIndex={0}
          aria-label="Moment of the time range; Enter makes it the range"
          aria-valuemin={0}
          aria-valuemax={n}
          aria-valuenow={at === null ? n : at[0]}
          aria-valuetext={at === null ? 'The whole range' : say(at[0], start, step, requests, bad)}
          onKeyDown={onKey}
          onPointerDown={(e) => {
            if (e.button !== 0) return
            e.currentTarget.setPointerCapture(e.pointerId)
            setDrag({ from: share(e), to: share(e) })
          }}
          onPointerMove={(e) => {
            setOver(Math.min(n - 1, Math.floor(share(e) * n)))
            if (drag) setDrag({ ...drag, to: share(e) })
          }}
          onPointerUp={() => {
            if (drag && Math.abs(drag.to - drag.from) * (box.current?.clientWidth ?? 0) > CLICK) pick(drag.from, drag.to)
            else if (drag) onMoment(start + Math.min(n - 1, Math.floor(drag.to * n)) * step)
            setDrag(null)
          }}
          onPointerCancel={() => setDrag(null)}
          onPointerLeave={() => setOver(null)}
        >
          <svg className={css.bars} viewBox={`0 0 ${n} 100`} preserveAspectRatio="none" aria-hidden="true" data-moment={at !== null || undefined}>
            {requests.map((r, i) => {
              const h = (r / top) * 100
              // The smallest failure can still be seen.
              const red = r > 0 && bad[i] > 0 ? Math.max(6, (bad[i] / r) * h) : 0
              return (
                <g key={i} data-now={(at !== null && i >= at[0] && i < at[1]) || undefined}>
                  <rect x={i + 0.1} width={0.8} y={100 - h} height={h} className={css.all} data-over={i === over || undefined} />
                  {red > 0 && <rect x={i + 0.1} width={0.8} y={100 - Math.min(100, red)} height={red} className={css.bad} />}
                </g>
              )
            })}
          </svg>
          {at !== null && <span className={css.now} style={{ left: `${(at[0] / n) * 100}%`, width: `${((Math.min(n, at[1]) - at[0]) / n) * 100}%` }} />}
          {drag && <span className={css.brush} style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }} />}
          {tip !== null && (
            <span className={css.tip} data-end={tip > n / 2 || undefined} style={tip > n / 2 ? { right: `${(1 - tip / n) * 100}%` } : { left: `${((tip + 1) / n) * 100}%` }}>
              {say(tip, start, step, requests, bad)}
            </span>
          )}
        </div>
        <div className={css.axis} aria-hidden="true">
          {ticks.at.filter((t) => t - start > (end - start) * 0.03 && end - t > (end - start) * 0.03).map((t) => (
            <span key={t} style={{ left: `${((t - start) / (end - start)) * 100}%` }}>
              {tickLabel(t, ticks.step)}
            </span>
          ))}
        </div>
      </div>
    </div>
  )
}

function say(i: number, start: number, step: number, requests: readonly number[], bad: readonly number[]): string {
  const share = requests[i] > 0 ? bad[i] / requests[i] : 0
  return `${formatClock(start + i * step, false)} · ${formatCount(requests[i])} requests${share > 0 ? ` · ${formatPercent(share)} failed` : ''}`
}
