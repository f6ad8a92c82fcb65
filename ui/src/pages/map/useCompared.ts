import { useMemo } from 'react'
import { type Scope, useMapOf, usePreviousServices } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import { type Delta, deltasOf, earlierOf, rangeBefore, type Versus } from '../../pure/mapCompare'
import { deploymentsOf } from '../../pure/mapDeployed'
import { type Remembered, withGhosts } from '../../pure/mapMoment'
import type { Scene } from '../../pure/mapScene'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { Search } from './MapScreen'

export interface Before {
  readonly versus: Versus
  readonly map: ServiceMap
}

/** What the address compares with; older links said so by colour alone. */
export function versusOf(search: Search): Versus | undefined {
  return search.cmp ?? (search.colour === 'change' ? 'prev' : undefined)
}

/** The map of the time that is compared with; null while there is none. */
export function useBefore(search: Search, inView: Scope['range'], now: ServiceMap, scope: Scope): Before | null {
  const versus = versusOf(search)
  const before = useMapOf(versus === undefined ? null : rangeBefore(inView, versus, epochMsOfRFC3339(now.to)), { ...scope, live: undefined })
  const map = versus === undefined || before.isPlaceholderData ? undefined : before.data
  return useMemo(() => (versus === undefined || map === undefined ? null : { versus, map }), [versus, map])
}

/** What was there before and is gone now stays as a ghost, beside those that are known already. */
export function useGone(now: Remembered, before: Before | null): Remembered {
  return useMemo(() => {
    if (before === null) return now
    const all = withGhosts(before.map, now.map)
    return { map: all.map, ghosts: new Set([...now.ghosts, ...all.ghosts]) }
  }, [now, before])
}

export interface Deltas {
  readonly nodes: ReadonlyMap<string, Delta>
  readonly edges: ReadonlyMap<string, Delta>
}

/** Changes of what is drawn. A group or bunch is compared as what it stands for, with what is gone of it. */
export function useDeltas(scene: Scene, before: Before | null): Deltas | undefined {
  return useMemo(() => {
    if (before === null || before.map.nodes.length === 0) return undefined // nothing is new where nothing was
    return { nodes: deltasOf(scene.nodes, earlierOf(scene.nodes, before.map.nodes)), edges: deltasOf(scene.edges, earlierOf(scene.edges, before.map.edges)) }
  }, [scene, before])
}

/** Versions that came in the time in view, by what is drawn. */
export function useDeployments(scene: Scene, map: ServiceMap, inView: Scope['range'], scope: Scope): ReadonlyMap<string, string> {
  const services = usePreviousServices({ ...scope, range: inView, live: undefined }, true)
  return useMemo(() => deploymentsOf(scene.nodes, map.nodes, services.data?.services ?? []), [scene, map, services.data])
}
