// The map in view as JSON: the server's own nodes and edges, as GET /api/map gives them.
import type { ServiceMap } from '../api/types'
import type { Alert } from '../api/alerts'
import type { Alarm } from './alerts'
import type { Scene } from './mapScene'

export type MapFile = Pick<ServiceMap, 'from' | 'to' | 'generated' | 'complete' | 'notes' | 'envs' | 'nodes' | 'edges'> & { /** as GET /api/alerts gives them */ alerts: Alert[] }

/** What is drawn, one by one even where it stands in a closed group, without what is remembered only. */
export function mapJson(map: ServiceMap, scene: Scene, alarms: ReadonlyMap<string, Alarm> = new Map()): MapFile {
  const { from, to, generated, complete, notes, envs } = map
  const there = new Set(scene.nodes.filter((n) => !n.ghost).flatMap((n) => n.members))
  const gone = new Set(scene.edges.filter((e) => e.ghost).flatMap((e) => e.members))
  return {
    from, to, generated, complete, notes, envs,
    nodes: map.nodes.filter((n) => there.has(n.id)),
    edges: map.edges.filter((e) => there.has(e.source) && there.has(e.target) && !gone.has(e.id)),
    alerts: [...new Map([...alarms].flatMap(([id, alarm]) => (there.has(id) ? alarm.alerts.map((a) => [a.id, a] as const) : []))).values()],
  }
}
