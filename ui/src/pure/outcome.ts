import type { Class } from '../api/types'

/** How a request ended, best first: X-Ray's four words. */
export const OUTCOMES = ['ok', 'error', 'throttle', 'fault'] as const satisfies readonly Class[]

/** Short names, for lists and legends. */
export const OUTCOME_SHORT: Record<Class, string> = { ok: 'OK', error: 'Error', throttle: 'Throttle', fault: 'Fault' }

/** Names that explain themselves, for tooltips and screen readers. */
export const OUTCOME_LABEL: Record<Class, string> = { ok: 'OK', error: 'Error (4xx)', throttle: 'Throttled (429)', fault: 'Fault (5xx)' }
