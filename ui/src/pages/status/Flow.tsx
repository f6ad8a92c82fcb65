import type { ReactNode } from 'react'
import type { Status } from '../../api/types'
import { formatCount, formatDuration, formatRate, formatShort, plural } from '../../pure/format'
import { flowOf, rateOf, type Sample } from '../../pure/status'
import css from './Flow.module.css'

/** The way of what is sent: each step with what it has let through, and what left the way there. */
export function Flow({ status, samples }: { status: Status; samples: readonly Sample[] }) {
  const f = flowOf(status)
  const rate = (figure: 'received' | 'stored') => {
    const r = rateOf(samples, figure)
    return r === null ? ' ' : formatRate(r)
  }
  const off = (n: number, text: string, tone?: 'bad') => n > 0 && <span data-tone={tone}>{text}</span>
  return (
    <ol className={css.flow} aria-label="From sent to stored">
      <Step name="Sent" value={f.sent} under={rate('received')}>
        {off(f.refusedRequests, `${plural(f.refusedRequests, 'request')} refused besides`, 'bad')}
      </Step>
      <Step name="Acknowledged" value={f.acknowledged} under={f.rejected === 0 ? 'all of it' : ' '}>
        {off(f.rejected, `${formatCount(f.rejected)} rejected`, 'bad')}
        {off(f.dropped, `${formatCount(f.dropped)} dropped by the pipeline`)}
        {off(f.deduplicated, `${formatCount(f.deduplicated)} sent twice`)}
      </Step>
      <Step name="In the journal" value={f.waiting} under={f.lagMs > 0 ? `the oldest for ${formatDuration(f.lagMs * 1e6)}` : 'nothing waits'} busy={f.waiting > 0} />
      <Step name="Stored" value={f.stored} under={rate('stored')}>
        {off(f.dead, `${formatCount(f.dead)} dead letters`, 'bad')}
      </Step>
    </ol>
  )
}

type StepProps = { name: string; value: number; under: string; busy?: boolean; children?: ReactNode }

function Step({ name, value, under, busy = false, children }: StepProps) {
  return (
    <li className={css.step} data-busy={busy || undefined}>
      <span className={css.name}>{name}</span>
      <span className={css.value} title={formatCount(value)}>
        {value < 100_000_000 ? formatCount(value) : formatShort(value)}
      </span>
      <span className={css.under}>{under}</span>
      <span className={css.off}>{children}</span>
    </li>
  )
}
