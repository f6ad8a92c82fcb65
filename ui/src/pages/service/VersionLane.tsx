import { useCallback, useMemo } from 'react'
import type { Service } from '../../api/types'
import { assignHues, hueVar } from '../../pure/colour'
import { badBands, laneOf } from '../../pure/deploys'
import { formatClock, formatPercent } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Canvas, useSize } from '../../widgets/Canvas'
import { hatch } from '../../widgets/hatch'
import { token } from '../../widgets/theme'
import css from './VersionLane.module.css'

const HEIGHT = 30

type Props = { service: Service; hover: number | null; onHover: (index: number | null) => void }

/** Which version served how much of the requests, over time; those that made things worse are hatched in red. */
export function VersionLane({ service, hover, onHover }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const lane = useMemo(() => laneOf(service), [service])
  const start = epochMsOfRFC3339(service.series.start)
  const stepMs = service.series.step_s * 1000
  const count = service.series.ok.length
  const bad = useMemo(() => new Set(badBands(service.deployments, start + stepMs * count).map((b) => b.label)), [service.deployments, start, stepMs, count])
  const hues = useMemo(() => assignHues(lane.map((v) => v.name)), [lane])
  const draw = useCallback(
    (c: CanvasRenderingContext2D, { width }: { width: number }) => {
      // Whole pixels, else the seams between steps show.
      const x = (i: number) => Math.round((i * width) / Math.max(1, count))
      const base = new Array<number>(count).fill(0)
      for (const v of lane) {
        v.shares.forEach((share, i) => {
          if (share <= 0) return
          const top = Math.round(HEIGHT * (1 - base[i] - share))
          const box = { left: x(i), right: x(i + 1), top, bottom: Math.round(HEIGHT * (1 - base[i])) }
          base[i] += share
          if (bad.has(v.name)) {
            hatch(c, box, '--fault', '--bg', 0.45)
            return
          }
          c.globalAlpha = 0.5
          c.fillStyle = token(`--svc-${hues.get(v.name) ?? 0}`)
          c.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
          c.globalAlpha = 1
        })
      }
    },
    [lane, count, bad, hues],
  )
  if (lane.length === 0 || (lane.length === 1 && service.deployments.length === 0)) return null
  const total = lane.reduce((sum, v) => sum + v.total, 0)
  const shareOf = (v: { total: number }) => (total > 0 ? v.total / total : 0)
  const at = hover !== null && hover < count ? hover : null
  const label = `Versions over time. ${lane.map((v) => `${v.name}: ${formatPercent(shareOf(v))} of requests${bad.has(v.name) ? ', made it worse' : ''}`).join('; ')}`
  return (
    <figure className={css.lane}>
      <figcaption className={css.caption}>
        <h2>Versions</h2>
        <ul className={css.legend}>
          {lane.map((v) => (
            <li key={v.name} data-bad={bad.has(v.name) || undefined}>
              <span className={css.swatch} style={bad.has(v.name) ? undefined : { background: hueVar(hues.get(v.name) ?? 0) }} />
              {v.name}
              {bad.has(v.name) && <em>made it worse</em>}
              <b>{formatPercent(at === null ? shareOf(v) : v.shares[at])}</b>
            </li>
          ))}
        </ul>
        <span className={css.when}>{at === null ? '' : formatClock(start + at * stepMs, false)}</span>
      </figcaption>
      <div
        ref={measure}
        className={css.plot}
        onPointerMove={(e) => {
          const r = e.currentTarget.getBoundingClientRect()
          onHover(Math.min(count - 1, Math.max(0, Math.floor(((e.clientX - r.left) / r.width) * count))))
        }}
        onPointerLeave={() => onHover(null)}
      >
        {size !== null && <Canvas label={label} size={size} draw={draw} />}
        {at !== null && <span className={css.cursor} style={{ left: `${(100 * (at + 0.5)) / count}%` }} />}
      </div>
    </figure>
  )
}
