import { sparkPath, thin } from '../pure/chart'
import css from './Sparkline.module.css'

const WIDTH = 88
const HEIGHT = 24

type Props = {
  values: readonly number[]
  tone?: 'plain' | 'fault'
  /** The top of the scale; the highest value if absent. */
  max?: number
}

/** A word-sized chart beside a figure. The figure says it; this is for the eye alone. */
export function Sparkline({ values, tone = 'plain', max }: Props) {
  const points = thin(values, 60)
  const line = sparkPath(points, WIDTH, HEIGHT, max)
  return (
    <svg className={css.spark} data-tone={tone} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path className={css.area} d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
      <path className={css.line} d={line} />
    </svg>
  )
}
