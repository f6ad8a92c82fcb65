// What is wrong, in one breath: which nodes fail, where failures begin, and who feels them.
import type { Stats } from '../api/types'
import type { SceneEdge, SceneNode } from './mapScene'
import { badShare, share } from './mapStats'

/** Fewer failures than this are noise. */
const AT_LEAST = 3
const WORTH_SAYING = 0.01

export interface Trouble {
  readonly id: string
  readonly label: string
  readonly what: 'fault' | 'throttle'
  readonly share: number
  readonly count: number
  /** labels of callers that fail because of it, nearest first */
  readonly felt: readonly string[]
}

/** Nodes where failures begin: they fail, and nothing that they call explains it. The most failures first. */
export function troubles(nodes: readonly SceneNode[], edges: readonly SceneEdge[]): Trouble[] {
  const by = new Map(nodes.map((n) => [n.id, n]))
  const down = groupBy(edges, (e) => e.source)
  const up = groupBy(edges, (e) => e.target)
  const out: Trouble[] = []
  for (const n of nodes) {
    if (!fails(n.stats) || explained(n, down.get(n.id) ?? [], by)) continue
    const fault = share(n.stats, 'fault')
    const throttle = share(n.stats, 'throttle')
    const what = fault >= throttle ? 'fault' : 'throttle'
    out.push({
      id: n.id,
      label: n.label,
      what,
      share: Math.max(fault, throttle),
      count: n.stats?.[what] ?? 0,
      felt: feltBy(n.id, up, by),
    })
  }
  return out.sort((a, b) => b.count - a.count)
}

function fails(stats: Stats | null): stats is Stats {
  return stats !== null && stats.fault + stats.throttle >= AT_LEAST && badShare(stats) >= WORTH_SAYING
}

/** Failing calls to failing nodes account for at least half of a node's own failures. */
function explained(n: SceneNode, calls: readonly SceneEdge[], by: ReadonlyMap<string, SceneNode>): boolean {
  const own = (n.stats?.fault ?? 0) + (n.stats?.throttle ?? 0)
  const passed = calls.reduce((sum, e) => {
    const callee = by.get(e.target)
    return e.target !== n.id && callee && fails(callee.stats) ? sum + e.stats.fault + e.stats.throttle : sum
  }, 0)
  return passed >= own * 0.5
}

function feltBy(id: string, up: ReadonlyMap<string, readonly SceneEdge[]>, by: ReadonlyMap<string, SceneNode>): string[] {
  const seen = new Set([id])
  const out: string[] = []
  let rim = [id]
  while (rim.length > 0) {
    const next: string[] = []
    for (const at of rim) {
      for (const e of up.get(at) ?? []) {
        const caller = by.get(e.source)
        if (!caller || seen.has(e.source) || badShare(e.stats) <= 0) continue
        seen.add(e.source)
        if (caller.kind.glyph === 'client' || !fails(caller.stats)) continue
        out.push(caller.label)
        next.push(e.source)
      }
    }
    rim = next
  }
  return out
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>()
  for (const item of items) {
    const k = key(item)
    const list = out.get(k)
    if (list) list.push(item)
    else out.set(k, [item])
  }
  return out
}
