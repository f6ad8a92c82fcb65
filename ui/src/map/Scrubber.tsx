import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { formatClock, formatCount, formatPercent } from '../pure/format'
import { tickLabel, timeTicks } from '../pure/time'
import type { EpochMs } from '../pure/units'
import css from './Scrubber.module.css'

type Props = {
  /** ms since 1970 of the first bucket */
  start: EpochMs
  step: number
  requests: readonly number[]
  bad: readonly number[]
  onRange: (from: EpochMs, to: EpochMs) => void
}

/** Requests over the whole range with the failed ones on top; dragging over it chooses a narrower range. */
export function Scrubber({ start, step, requests, bad, onRange }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const n = requests.length
  if (n === 0) return null
  const end = start + n * step
  const top = Math.max(1, ...requests)
  // Failures are drawn on a scale of their own share, never thinner than can be seen.
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
    const at = over ?? n - 1
    if (e.key === 'ArrowLeft') setOver(Math.max(0, at - 1))
    else if (e.key === 'ArrowRight') setOver(Math.min(n - 1, at + 1))
    else if (e.key === 'Enter' || e.key === ' ') pick(at / n, (at + 0.5) / n)
    else return
    e.preventDefault()
  }
  const ticks = timeTicks(start, end, 8)
  const tip = drag ? null : over
  return (
    <div className={css.scrubber}>
      <div
        ref={box}
        className={css.plot}
        role="slider"
        tabIndex={0}
        aria-label="Requests over time; Enter looks closer at a moment"
        aria-valuemin={0}
        aria-valuemax={n - 1}
        aria-valuenow={over ?? n - 1}
        aria-valuetext={say(over ?? n - 1, start, step, requests, bad)}
        onKeyDown={onKey}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId)
          setDrag({ from: share(e), to: share(e) })
        }}
        onPointerMove={(e) => {
          setOver(Math.min(n - 1, Math.floor(share(e) * n)))
          if (drag) setDrag({ ...drag, to: share(e) })
        }}
        onPointerUp={() => {
          if (drag && Math.abs(drag.to - drag.from) * (box.current?.clientWidth ?? 0) > 4) pick(drag.from, drag.to)
          setDrag(null)
        }}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setOver(null)}
        onBlur={() => setOver(null)}
      >
        <svg className={css.bars} viewBox={`0 0 ${n} 100`} preserveAspectRatio="none" aria-hidden="true">
          {requests.map((r, i) => {
            const h = (r / top) * 100
            const red = r > 0 && bad[i] > 0 ? Math.max(6, (bad[i] / r) * h) : 0
            return (
              <g key={i}>
                <rect x={i + 0.1} width={0.8} y={100 - h} height={h} className={css.all} data-over={i === over || undefined} />
                {red > 0 && <rect x={i + 0.1} width={0.8} y={100 - Math.min(100, red)} height={red} className={css.bad} />}
              </g>
            )
          })}
        </svg>
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
  )
}

function say(i: number, start: number, step: number, requests: readonly number[], bad: readonly number[]): string {
  const share = requests[i] > 0 ? bad[i] / requests[i] : 0
  return `${formatClock(start + i * step, false)} · ${formatCount(requests[i])} requests${share > 0 ? ` · ${formatPercent(share)} failed` : ''}`
}
