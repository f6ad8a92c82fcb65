import { useMemo } from 'react'
import { type Scope, useMapOf, usePreviousServices } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import { type Delta, deltasOf, rangeBefore, type Versus } from '../../pure/mapCompare'
import { deploymentsOf } from '../../pure/mapDeployed'
import { type Remembered, withGhosts } from '../../pure/mapMoment'
import { buildScene, type Scene, type SceneOptions } from '../../pure/mapScene'
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

/** Changes of what is drawn: groups and bunches are compared as what they stand for. */
export function useDeltas(scene: Scene, before: Before | null, options: Omit<SceneOptions, 'open'>, open: readonly string[]): Deltas | undefined {
  return useMemo(() => {
    if (before === null || before.map.nodes.length === 0) return undefined // nothing is new where nothing was
    // Errors now may have been none before: what is compared with is not narrowed to errors.
    const then = buildScene(before.map, { ...options, errorsOnly: false, ghosts: undefined, group: scene.group, open: new Set(open), force: true })
    const byMembers = foldLike(scene, before.map)
    return { nodes: deltasOf(scene.nodes, [...then.nodes, ...byMembers.nodes]), edges: deltasOf(scene.edges, [...then.edges, ...byMembers.edges]) }
  }, [scene, before, options, open])
}

/** Plain nodes and edges of the time before by their own ids: a bunch or group may have formed only since. */
function foldLike(scene: Scene, before: ServiceMap): { nodes: ServiceMap['nodes']; edges: ServiceMap['edges'] } {
  const nodes = new Set(scene.nodes.filter((n) => n.shape === 'node').map((n) => n.id))
  const edges = new Set(scene.edges.filter((e) => e.members.length === 1).map((e) => e.members[0]))
  return { nodes: before.nodes.filter((n) => nodes.has(n.id)), edges: before.edges.filter((e) => edges.has(e.id)) }
}

/** Versions that came in the time in view, by what is drawn. */
export function useDeployments(scene: Scene, map: ServiceMap, inView: Scope['range'], scope: Scope): ReadonlyMap<string, string> {
  const services = usePreviousServices({ ...scope, range: inView, live: undefined }, true)
  return useMemo(() => deploymentsOf(scene.nodes, map.nodes, services.data?.services ?? []), [scene, map, services.data])
}
