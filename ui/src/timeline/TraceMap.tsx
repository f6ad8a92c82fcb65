import { useCallback, useMemo, useRef } from 'react'
import { CELL, type MapControls, MapView } from '../map/MapView'
import { useLayout } from '../map/useLayout'
import { formatPercent } from '../pure/format'
import { buildScene } from '../pure/mapScene'
import type { TraceModel } from '../pure/trace'
import { traceGraph } from '../pure/traceGraph'
import css from './TraceMap.module.css'

type Props = { trace: TraceModel; narrow: boolean; service: string | undefined; onService: (name: string | undefined) => void }

const NONE: ReadonlySet<string> = new Set()

/** The trace as a service map of its own; in the nodes, the share of the trace's time that each worked itself. */
export function TraceMap({ trace, narrow, service, onService }: Props) {
  const graph = useMemo(() => traceGraph(trace), [trace])
  const scene = useMemo(() => buildScene(graph.map, { group: 'none', open: NONE, hops: 1, errorsOnly: false, force: true }), [graph])
  const input = useMemo(() => ({ nodes: scene.nodes.map((n) => ({ id: n.id, ...CELL, box: n.box })), edges: scene.edges, down: narrow }), [scene, narrow])
  const layout = useLayout(input, `trace${narrow ? '|down' : ''}|${trace.traceId}`, false)
  const captions = useMemo(() => {
    const all = [...graph.self.values()].reduce((a, b) => a + b, 0)
    return new Map(
      scene.nodes.map((n) => {
        const self = n.members.reduce((sum, id) => sum + (graph.self.get(id) ?? 0), 0)
        return [n.id, [formatPercent(self / Math.max(1, all)), `${n.stats?.requests ?? 0} ×`] as const]
      }),
    )
  }, [scene, graph])
  const controls = useRef<MapControls | null>(null)
  const onReady = useCallback((c: MapControls) => {
    controls.current = c
  }, [])
  const onSelect = useCallback((id: string | undefined) => {
    const node = scene.nodes.find((n) => n.id === id)
    onService(node && !node.inferred && node.kind.glyph !== 'client' ? node.label : undefined)
  }, [scene, onService])
  return (
    <div className={css.map}>
      <MapView
        scene={scene}
        layout={layout}
        size="constant"
        colour="health"
        selected={scene.nodes.find((n) => n.label === service)?.id}
        captions={captions}
        onSelect={onSelect}
        onToggleBox={() => undefined}
        onReady={onReady}
        down={narrow}
        label="Map of the trace"
      />
      <p className={css.note}>At a node: its share of the time worked, and how often it was called. Choosing a service filters the timeline.</p>
    </div>
  )
}
