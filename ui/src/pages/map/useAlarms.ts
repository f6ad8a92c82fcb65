import { useMemo } from 'react'
import { useAlertsOf } from '../../api/alerts'
import type { Scope } from '../../api/hooks'
import type { MapNode } from '../../api/types'
import { alarmsOfNodes, type Alarm } from '../../pure/alerts'
import { useNow } from '../../widgets/useNow'

export interface Alarms {
  /** by the id of the server's node */
  readonly byNode: ReadonlyMap<string, Alarm>
  /** of a time that is over: they fired then */
  readonly past: boolean
}

/** The alerts of what is on the map, in the time in view. */
export function useAlarms(nodes: readonly MapNode[], inView: Scope['range'], live: boolean): Alarms {
  const { alerts, past } = useAlertsOf(inView, useNow(60_000), live)
  return useMemo(() => ({ byNode: alarmsOfNodes(alerts, nodes, past), past }), [alerts, nodes, past])
}
