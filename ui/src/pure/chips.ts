import type { TraceSummary } from '../api/types'
import type { Px } from './units'

export type Chip = TraceSummary['services'][number]

/** The dot, the gaps, and the width of a letter at 12 px; a little generous, so that nothing is cut. */
const AROUND: Px = 13 + 12
const LETTER: Px = 6.7
const REST: Px = 26

/** The services that fit a width, failing ones first, then the busiest; at least one is shown. */
export function fitChips(services: readonly Chip[], width: Px): { shown: Chip[]; rest: Chip[] } {
  const ordered = [...services].sort((a, b) => b.errors - a.errors || b.spans - a.spans)
  let used = 0
  let n = 0
  while (n < ordered.length) {
    const next = AROUND + LETTER * ordered[n].name.length
    const room = n === ordered.length - 1 ? width : width - REST
    if (n > 0 && used + next > room) break
    used += next
    n++
  }
  return { shown: ordered.slice(0, n), rest: ordered.slice(n) }
}
