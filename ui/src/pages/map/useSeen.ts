import { useMemo, useState } from 'react'
import type { ServiceMap } from '../../api/types'
import { type Remembered, withGhosts } from '../../pure/mapMoment'

/** The map with what it had since `scope` was chosen: what vanishes while the page is live stays as a ghost. */
export function useSeen(map: ServiceMap, scope: string, settled: boolean): Remembered {
  const [memory, setMemory] = useState({ scope, now: map, all: map })
  const known = memory.scope === scope
  if (settled && (!known || memory.now !== map)) setMemory({ scope, now: map, all: known ? withGhosts(memory.all, map).map : map })
  return useMemo(() => withGhosts(known && settled ? memory.all : null, map), [known, settled, memory.all, map])
}
