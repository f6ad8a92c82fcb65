/** Who a service talks with, out of the edges of the map. Node ids are opaque: names come from the map's nodes. */
import type { MapEdge, MapNode, Service } from '../api/types'

/** The id under which the map knows the service; null where it has no neighbour. */
export function nodeIdOf(service: Pick<Service, 'upstream' | 'downstream'>): string | null {
  return service.upstream[0]?.target ?? service.downstream[0]?.source ?? null
}

export type Neighbour = { edge: MapEdge; node: MapNode | null; id: string }

/** The other ends of edges, busiest first. */
export function neighboursOf(edges: readonly MapEdge[], end: 'source' | 'target', nodes: readonly MapNode[]): Neighbour[] {
  const byId = new Map(nodes.map((n) => [n.id, n]))
  return [...edges]
    .sort((a, b) => b.stats.requests - a.stats.requests || (a.id < b.id ? -1 : 1))
    .map((edge) => ({ edge, id: edge[end], node: byId.get(edge[end]) ?? null }))
}

/** A node's name where the map has not been asked yet: the id's last part that is no type. */
export function nameOfId(id: string): string {
  const parts = id.split('/').filter((p) => p !== '' && !p.includes('::'))
  return parts[parts.length - 1] ?? id
}
