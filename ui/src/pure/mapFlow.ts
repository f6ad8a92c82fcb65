// Dots that move along edges while the page is live: which edges have them, how many, how fast.
import type { SceneEdge } from './mapScene'
import { redness } from './mapDraw'

/** More edges than this with moving dots are a swarm. */
export const FLOWING = 40

export interface Flow {
  readonly id: string
  /** dots under way at a time, 1 to 3 by the logarithm of the rate */
  readonly dots: number
  /** how long a dot takes from end to end, in s; busier edges are faster */
  readonly seconds: number
  /** one dot is red for what fails */
  readonly failing: boolean
}

/** The busiest edges, at most FLOWING; quiet ones have one slow dot. */
export function flowsOf(edges: readonly SceneEdge[]): Flow[] {
  const busy = edges.filter((e) => e.stats.rate > 0 && e.source !== e.target).sort((a, b) => b.stats.rate - a.stats.rate).slice(0, FLOWING)
  const top = busy[0]?.stats.rate ?? 0
  return busy.map((e) => {
    const t = Math.max(0, 1 + Math.log10(e.stats.rate / top) / 3)
    return { id: e.id, dots: 1 + Math.round(2 * t), seconds: Math.round((5 - 2.5 * t) * 10) / 10, failing: redness(e.stats) >= 20 }
  })
}
