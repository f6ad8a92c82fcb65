import { useId } from 'react'
import css from './Spark.module.css'

type Line = { values: readonly (number | null)[]; tone: 'plain' | 'fault' | 'error' | 'throttle' | 'strong'; area?: boolean }

type Props = {
  label: string
  /** the figure that the line leads up to */
  figure: string
  lines: readonly Line[]
  /** the y axis ends here at least, so that quiet lines stay quiet */
  least?: number
  /** the part of the time that is in view, as shares */
  mark?: readonly [number, number] | null
}

/** A small line over time with its figure; lines share one scale. */
export function Spark({ label, figure, lines, least = 0, mark = null }: Props) {
  const id = useId()
  const top = Math.max(least, ...lines.flatMap((l) => l.values.map((v) => v ?? 0)), 1e-9)
  return (
    <figure className={css.spark} aria-labelledby={id}>
      <figcaption id={id} className={css.caption}>
        <span>{label}</span>
        <strong>{figure}</strong>
      </figcaption>
      <svg className={css.plot} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {mark && <rect x={mark[0] * 100} width={Math.max(0.8, (mark[1] - mark[0]) * 100)} y={0} height={100} className={css.mark} />}
        {lines.map((line, i) => (
          <g key={i} data-tone={line.tone} className={css.line}>
            {line.area === true && <path d={`${path(line.values, top)} L 100 100 L 0 100 Z`} className={css.area} />}
            <path d={path(line.values, top)} className={css.stroke} />
          </g>
        ))}
      </svg>
    </figure>
  )
}

/** Gaps stay gaps, except that a lone line for an area starts at the left edge. */
function path(values: readonly (number | null)[], top: number): string {
  const n = Math.max(1, values.length - 1)
  let pen = 'M'
  const parts: string[] = []
  values.forEach((v, i) => {
    if (v === null) {
      pen = 'M'
      return
    }
    parts.push(`${pen} ${((i / n) * 100).toFixed(2)} ${(98 - (v / top) * 94).toFixed(2)}`)
    pen = 'L'
  })
  return parts.length > 0 ? parts.join(' ') : 'M 0 98 L 100 98'
}
