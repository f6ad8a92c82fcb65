// The shapes of alerts on a grid of 12, filled by the even-odd rule: told apart without colour, on the page, on canvas and in pictures.
import type { Alarm, Tone } from './alerts'

export type Shape = Tone | 'pending'

export const SHAPES = ['critical', 'warning', 'info', 'pending'] as const

export const ALERT_SHAPES: Readonly<Record<Shape, string>> = {
  critical: 'M3.7 .4h4.6l3.3 3.3v4.6l-3.3 3.3H3.7L.4 8.3V3.7z M5.2 2.6h1.6v4.3H5.2z M5.2 7.9h1.6v1.6H5.2z',
  warning: 'M6 .6 11.9 11.3H.1z M5.25 4.3h1.5v3.4h-1.5z M5.25 8.5h1.5v1.4h-1.5z',
  info: 'M6 .4a5.6 5.6 0 1 1 0 11.2a5.6 5.6 0 1 1 0-11.2z M5.2 5.2h1.6v4.3H5.2z M5.2 2.6h1.6v1.6H5.2z',
  pending: 'M6 .5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z M6 1.8a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 1 0 0-8.4z M5.4 3.1h1.2v2.6l1.9 1.1l-.6 1L5.4 6.4z',
}

/** What fires has the shape of its severity; what only waits has another one. */
export function shapeOf(alarm: Pick<Alarm, 'firing' | 'tone'>): Shape {
  return alarm.firing > 0 ? alarm.tone : 'pending'
}

/** Those in use, loudest first. */
export function shapesOf(alarms: readonly Pick<Alarm, 'firing' | 'tone'>[]): Shape[] {
  const used = new Set(alarms.map(shapeOf))
  return SHAPES.filter((s) => used.has(s))
}

/** The number beside the shape. */
export function countOf(alarm: Pick<Alarm, 'firing' | 'pending'>): number {
  return alarm.firing > 0 ? alarm.firing : alarm.pending
}
