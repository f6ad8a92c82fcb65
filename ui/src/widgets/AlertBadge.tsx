import { ALERT_SHAPES, countOf, shapeOf } from '../pure/alertShapes'
import { type Alarm, toneOf } from '../pure/alerts'
import css from './AlertBadge.module.css'

/** How many alerts a thing has: the shape and the colour of the loudest, and a number. What only waits has an outline. */
export function AlertBadge({ alarm, spoken = true, className }: { alarm: Pick<Alarm, 'firing' | 'pending' | 'tone' | 'words'>; /** false where the name of what it stands at says it already */ spoken?: boolean; className?: string }) {
  return (
    <span className={[css.badge, className].filter(Boolean).join(' ')} data-shape={shapeOf(alarm)} title={spoken ? alarm.words : undefined}>
      <Shape shape={shapeOf(alarm)} />
      <span aria-hidden="true">{countOf(alarm)}</span>
      {spoken && <span className="visually-hidden">{alarm.words}</span>}
    </span>
  )
}

/** A severity in its own word. */
export function SeverityMark({ severity, state }: { severity: string; state: 'firing' | 'pending' | 'resolved' }) {
  const shape = state === 'pending' ? 'pending' : toneOf(severity)
  return (
    <span className={css.severity} data-shape={shape} data-over={state === 'resolved' || undefined}>
      <Shape shape={shape} size={13} />
      <span>{severity === '' ? (state === 'resolved' ? 'ended' : state) : severity}</span>
    </span>
  )
}

export function Shape({ shape, size = 10 }: { shape: keyof typeof ALERT_SHAPES; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      <path d={ALERT_SHAPES[shape]} fill="currentColor" fillRule="evenodd" />
    </svg>
  )
}
