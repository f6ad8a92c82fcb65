import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatChange } from '../pure/format'
import type { Change } from '../pure/red'
import css from './Figure.module.css'

/** How a figure changed against the time before; quiet unless it got worse. */
export function Delta({ change }: { change: Change | null }) {
  // Traffic never stands still; small changes are no news.
  if (change === null || Math.abs(change.share) < 0.05) return <span className={css.delta}> </span>
  const up = change.share > 0
  return (
    <span className={css.delta} data-tone={change.tone} title="Against the same time before">
      {up ? <ArrowUp size={11} aria-hidden="true" /> : <ArrowDown size={11} aria-hidden="true" />}
      <span className="visually-hidden">{up ? 'up' : 'down'} </span>
      {formatChange(change.share)}
    </span>
  )
}

/** One large number with its name. */
export function Figure({ label, value, change, tone }: { label: string; value: ReactNode; change?: Change | null; tone?: 'fault' }) {
  return (
    <div className={css.figure}>
      <dt className={css.label}>{label}</dt>
      <dd className={css.value} data-tone={tone}>
        {value}
        {change !== undefined && <Delta change={change} />}
      </dd>
    </div>
  )
}
