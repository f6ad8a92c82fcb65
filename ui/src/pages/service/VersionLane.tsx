import { useMemo } from 'react'
import type { Service } from '../../api/types'
import { assignHues, hueVar } from '../../pure/colour'
import { badBands, laneOf } from '../../pure/deploys'
import { formatClock, formatPercent } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import css from './VersionLane.module.css'

type Props = { service: Service; hover: number | null; onHover: (index: number | null) => void }

/** Which version served how much of the requests, over time; those that made things worse are hatched in red. */
export function VersionLane({ service, hover, onHover }: Props) {
  const lane = useMemo(() => laneOf(service), [service])
  const start = epochMsOfRFC3339(service.series.start)
  const stepMs = service.series.step_s * 1000
  const count = service.series.ok.length
  const bad = useMemo(() => new Set(badBands(service.deployments, start + stepMs * count).map((b) => b.label)), [service.deployments, start, stepMs, count])
  const hues = useMemo(() => assignHues(lane.map((v) => v.name)), [lane])
  if (lane.length === 0 || (lane.length === 1 && service.deployments.length === 0)) return null
  const total = lane.reduce((sum, v) => sum + v.total, 0)
  const colour = (name: string) => (bad.has(name) ? 'url(#worse)' : hueVar(hues.get(name) ?? 0))
  const at = hover !== null && hover < count ? hover : null
  const base = new Array<number>(count).fill(0)
  return (
    <figure className={css.lane}>
      <figcaption className={css.caption}>
        <h2>Versions</h2>
        <span className={css.when}>{at === null ? '' : formatClock(start + at * stepMs, false)}</span>
        <ul className={css.legend}>
          {lane.map((v) => (
            <li key={v.name} data-bad={bad.has(v.name) || undefined}>
              <span className={css.swatch} style={bad.has(v.name) ? undefined : { background: colour(v.name) }} />
              {v.name}
              {bad.has(v.name) && <em>made it worse</em>}
              <b>{formatPercent(at === null ? (total > 0 ? v.total / total : 0) : v.shares[at])}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div className={css.plot} onPointerMove={(e) => { const r = e.currentTarget.getBoundingClientRect(); onHover(Math.min(count - 1, Math.max(0, Math.floor(((e.clientX - r.left) / r.width) * count)))) }} onPointerLeave={() => onHover(null)}>
        <svg viewBox={`0 0 ${count} 100`} preserveAspectRatio="none" role="img" aria-label={`Versions over time: ${lane.map((v) => `${v.name} ${formatPercent(total > 0 ? v.total / total : 0)} of requests${bad.has(v.name) ? ', made it worse' : ''}`).join('; ')}`}>
          <defs>
            <pattern id="worse" patternUnits="userSpaceOnUse" width="0.7" height="14" patternTransform="skewX(-1)">
              <rect width="0.7" height="14" className={css.worse} />
              <rect width="0.7" height="4" className={css.stripe} />
            </pattern>
          </defs>
          {lane.map((v) =>
            v.shares.map((share, i) => {
              if (share <= 0) return null
              const y = 100 * (1 - base[i] - share)
              base[i] += share
              // A hair wider than a step, else the seams show.
              return <rect key={`${v.name} ${i}`} x={i} y={y} width={1.02} height={100 * share} fill={colour(v.name)} fillOpacity={bad.has(v.name) ? 1 : 0.45} />
            }),
          )}
        </svg>
        {at !== null && <span className={css.cursor} style={{ left: `${(100 * (at + 0.5)) / count}%` }} />}
      </div>
    </figure>
  )
}
