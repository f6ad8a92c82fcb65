import '@xyflow/react/dist/base.css'
import { type NodeChange, type NodeProps, ReactFlow, type ReactFlowInstance, ViewportPortal, type Node as FlowNode } from '@xyflow/react'
import { createContext, type KeyboardEvent, type MouseEvent, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Class } from '../api/types'
import type { Alarm } from '../pure/alerts'
import { type ColourBy, type Disc as DiscAt, NAME_HEIGHT, NAME_WIDTH, nodeSize, type SizeBy, sizeMax } from '../pure/mapDraw'
import type { Delta } from '../pure/mapCompare'
import { fitted } from '../pure/mapHit'
import { boxRect } from '../pure/mapPlace'
import { majorNodes, type Scene, type SceneNode } from '../pure/mapScene'
import type { LabelledBox } from '../pure/mapSvg'
import { firstNode, walk } from '../pure/mapWalk'
import { probe } from '../widgets/probe'
import { CrowdLayer } from './CrowdLayer'
import { Disc } from './Disc'
import { Edges } from './Edges'
import { Overview } from './Overview'
import { inSight, useCrowd } from './useCrowd'
import type { Layout } from './useLayout'
import { useHighlight } from './useHighlight'
import css from './MapView.module.css'

/** Every node takes the same place in layout, whatever its traffic: a busier minute must move nothing. */
const LARGEST = 88
export const CELL = { width: NAME_WIDTH, height: LARGEST + NAME_HEIGHT }

/** Up to so many nodes leave room for a name each from afar, and beside one another also for their figures. */
const FEW = 26

/** More nodes than this deserve an overview. */
const CROWDED = 80

export type MapControls = { fit: () => void; zoom: (factor: number) => void; show: (id: string) => void }

type Props = {
  scene: Scene
  layout: Layout
  size: SizeBy
  colour: ColourBy
  selected: string | undefined
  captions?: ReadonlyMap<string, readonly [string, string]>
  /** nodes and edges against an earlier time, for colouring by change */
  deltas?: { readonly nodes: ReadonlyMap<string, Delta>; readonly edges: ReadonlyMap<string, Delta> }
  /** words on deployments in view, by node */
  deployed?: ReadonlyMap<string, string>
  /** alerts in view, by node */
  alarms?: ReadonlyMap<string, Alarm>
  /** nodes and edges without requests that ended so step back */
  marked?: readonly Class[]
  /** dots move along the busiest edges */
  moving?: boolean
  /** a small map of the whole in a corner, where there is much to see */
  overview?: boolean
  /** px of the view that a panel covers on the right */
  covered?: number
  onSelect: (id: string | undefined) => void
  onToggleBox: (id: string) => void
  onReady: (controls: MapControls) => void
  label: string
  /** flows to the bottom instead of the right */
  down?: boolean
  children?: ReactNode
}

type Data = { node: SceneNode; size: number; major: boolean }
type MapNode = FlowNode<Data, 'disc'>

interface Shared {
  colour: ColourBy
  slowest: number
  selected: string | undefined
  tabbable: string | undefined
  captions: Props['captions']
  deltas: Props['deltas']
  deployed: Props['deployed']
  alarms: Props['alarms']
  marked: readonly Class[]
  few: boolean
  onSelect: (id: string) => void
}
const SharedContext = createContext<Shared | null>(null)

function DiscNode({ data }: NodeProps<MapNode>) {
  const shared = useContext(SharedContext)
  if (shared === null) return null
  const { node, size, major } = data
  return (
    <Disc
      node={node}
      size={size}
      colour={shared.colour}
      slowest={shared.slowest}
      selected={node.id === shared.selected}
      major={major}
      tabbable={node.id === shared.tabbable}
      caption={shared.captions?.get(node.id)}
      delta={shared.deltas?.nodes.get(node.id) ?? null}
      deployed={shared.deployed?.get(node.id)}
      alarm={shared.alarms?.get(node.id)}
      marked={shared.marked}
      few={shared.few}
      onSelect={shared.onSelect}
    />
  )
}

const NONE: readonly Class[] = []
const NODE_TYPES = { disc: DiscNode }
const ARROWS = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const

/** The map itself: nodes as elements, edges as one drawing below them, pan and zoom by React Flow. */
export function MapView({ scene, layout, size, colour, selected, captions, deltas, deployed, alarms, marked = NONE, moving = false, overview = false, covered = 0, onSelect, onToggleBox, onReady, label, down = false, children }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const flow = useRef<ReactFlowInstance<MapNode> | null>(null)
  const { positions } = layout

  const largest = useMemo(() => sizeMax(scene.nodes.map((n) => n.stats), size), [scene, size])
  const discs = useMemo(() => discsOf(scene.nodes, positions, size, largest), [scene, positions, size, largest])
  const major = useMemo(() => majorNodes(scene.nodes, 16), [scene])
  const crowd = useCrowd(scene, discs, selected, down, deltas, alarms)
  const [cursor, setCursor] = useState<string>()
  const first = useMemo(() => firstNode(positions), [positions])
  const tabbable = selected !== undefined && positions.has(selected) ? selected : cursor !== undefined && positions.has(cursor) ? cursor : first
  const all = useMemo<MapNode[]>(
    () =>
      scene.nodes.flatMap((node) => {
        const d = discs.get(node.id)
        return d ? [{ id: node.id, type: 'disc', position: { x: d.x - CELL.width / 2, y: d.y - d.r }, width: CELL.width, height: 2 * d.r + NAME_HEIGHT - 8, data: { node, size: 2 * d.r, major: major.has(node.id) } }] : []
      }),
    [scene, discs, major],
  )
  // Of a large map only what is in sight is elements, and what has or can have the focus.
  const nodes = useMemo(() => (crowd.sight === null ? all : all.filter((n) => n.id === tabbable || inSight(crowd.sight, discs.get(n.id)))), [all, crowd.sight, tabbable, discs])
  const drawn = useMemo(() => [nodes, crowd.edges], [nodes, crowd.edges])
  const highlight = useHighlight(box, scene.edges, selected, drawn)
  const { on: crowded, setOver } = crowd
  const light = useCallback(
    (id: string | null) => {
      highlight.over(id)
      if (crowded) setOver(id)
    },
    [highlight, crowded, setOver],
  )
  const busiest = useMemo(() => scene.edges.reduce((max, e) => Math.max(max, e.stats.rate), 0), [scene])
  const few = scene.nodes.length <= FEW
  const shared = useMemo<Shared>(
    () => ({ colour, slowest: sizeMax(scene.nodes.map((n) => n.stats), 'latency'), selected, tabbable, captions, deltas, deployed, alarms, marked, few: few && (!down || captions !== undefined), onSelect }),
    [colour, scene, selected, tabbable, captions, deltas, deployed, alarms, marked, few, down, onSelect],
  )

  const discsNow = useRef(discs)
  useEffect(() => {
    discsNow.current = discs
  })
  const fit = useCallback(() => {
    const el = box.current
    if (el === null) return
    const narrow = el.clientWidth < 700
    // Above are sentences on what fails, below the legend; beside a panel, and on a phone, both take two lines.
    const padding = narrow ? { top: 88, bottom: 84, left: 8, right: 8 } : { top: covered > 0 ? 92 : 64, bottom: covered > 0 ? 80 : 64, left: 24, right: 24 + covered }
    const view = fitted(discsNow.current, { width: el.clientWidth, height: el.clientHeight }, padding, 1.25, 0.05)
    if (view) void flow.current?.setViewport(view)
  }, [covered])
  const controls = useMemo<MapControls>(
    () => ({
      fit,
      zoom: (factor) => void flow.current?.zoomTo(flow.current.getZoom() * factor),
      show: (id) => {
        const p = positions.get(id)
        const f = flow.current
        if (p && f) void f.setCenter(p.x + covered / 2 / Math.max(0.8, f.getZoom()), p.y, { zoom: Math.max(0.8, f.getZoom()), duration: 250 })
      },
    }),
    [fit, positions, covered],
  )
  useEffect(() => onReady(controls), [onReady, controls])
  // The first picture of a map shows all of it; later changes leave the view to the reader. Places that are remembered are there before
  // there is a view to move.
  const [started, setStarted] = useState(false)
  const shown = useRef(false)
  useEffect(() => {
    if (!layout.ready) shown.current = false
    else if (started && !shown.current && nodes.length > 0) {
      shown.current = true
      requestAnimationFrame(fit)
    }
  }, [layout.ready, started, nodes.length, fit])
  useEffect(() => probe('map', () => ({ nodes: [...discs].map(([id, d]) => ({ id, ...d })), edges: scene.edges.length, zoom: flow.current?.getZoom() ?? 1 })), [discs, scene])

  // A panel that opens may cover what it tells about.
  useEffect(() => {
    if (selected !== undefined && covered > 0) reveal(flow.current, box.current, discsNow.current.get(selected), covered)
  }, [selected, covered])

  const onChange = (changes: NodeChange<MapNode>[]) => {
    for (const c of changes) {
      if (c.type !== 'position') continue
      const d = discs.get(c.id)
      if (c.position && d) layout.move(c.id, { x: c.position.x + CELL.width / 2, y: c.position.y + d.r })
      if (c.dragging === false) layout.save()
    }
  }
  const onKey = (e: KeyboardEvent) => {
    const at = e.target instanceof HTMLElement ? e.target.dataset.node : undefined
    const direction = Object.entries(ARROWS).find(([key]) => key === e.key)?.[1]
    if (at === undefined || direction === undefined || e.altKey || e.ctrlKey || e.metaKey) return
    e.preventDefault()
    const next = walk(at, direction, scene.edges, positions, down)
    if (next === undefined) return
    setCursor(next)
    reveal(flow.current, box.current, discs.get(next), covered)
    focusNode(box.current, next)
  }
  const under = (e: MouseEvent) => {
    const f = flow.current
    return crowd.on && f ? crowd.at(f.screenToFlowPosition({ x: e.clientX, y: e.clientY }), f.getZoom()) : undefined
  }
  const over = (target: EventTarget) => (target instanceof Element ? (target.closest<HTMLElement>('[data-node]')?.dataset.node ?? null) : null)

  return (
    <div
      ref={box}
      className={css.map}
      role="region"
      aria-label={label}
      data-zoom="near"
      data-few={few || undefined}
      data-across={!down || undefined}
      onKeyDown={onKey}
      onPointerOver={(e) => { const id = over(e.target); if (id !== null) light(id) }}
      onPointerOut={(e) => { if (over(e.target) !== null) light(null) }}
      onFocus={(e) => { const id = over(e.target); if (id !== null && e.target.matches(':focus-visible')) light(id) }}
      onBlur={() => light(null)}
    >
      <SharedContext.Provider value={shared}>
        <ReactFlow<MapNode>
          nodes={nodes}
          nodeTypes={NODE_TYPES}
          onNodesChange={onChange}
          onInit={(instance) => { flow.current = instance; setStarted(true) }}
          onMove={(_, viewport) => {
            const name = zoomName(viewport.zoom)
            if (box.current && box.current.dataset.zoom !== name) box.current.dataset.zoom = name
            box.current?.toggleAttribute('data-roomy', viewport.zoom >= ROOMY)
            // Names far away keep their size on the screen. Rounded, so that panning restyles nothing.
            const grown = (1 / viewport.zoom).toFixed(1)
            if (box.current && box.current.style.getPropertyValue('--grown') !== grown) box.current.style.setProperty('--grown', grown)
            if (crowd.on && box.current) crowd.onView(viewport, box.current.clientWidth, box.current.clientHeight)
          }}
          onMoveStart={(e) => { if (e instanceof window.MouseEvent && e.type !== 'wheel') box.current?.setAttribute('data-panning', '') }}
          onMoveEnd={() => box.current?.removeAttribute('data-panning')}
          onPaneClick={(e) => onSelect(under(e))}
          onPaneMouseMove={crowd.on ? (e) => { if (e.buttons === 0) light(under(e) ?? null) } : undefined}
          onPaneMouseLeave={crowd.on ? () => light(null) : undefined}
          minZoom={0.05}
          maxZoom={2.5}
          nodesFocusable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          nodeDragThreshold={4}
          zoomOnDoubleClick={false}
                  >
          {crowd.crowd && <CrowdLayer crowd={crowd.crowd} lit={crowd.lit} far={crowd.far} />}
          <ViewportPortal>
            <Boxes scene={scene} positions={positions} onToggle={onToggleBox} />
            <Edges edges={crowd.edges} discs={discs} down={down} busiest={busiest} selected={selected} marked={marked} moving={moving} deltas={deltas?.edges} onSelect={onSelect} onOver={light} />
          </ViewportPortal>
          {overview && scene.nodes.length > CROWDED && <Overview nodes={scene.nodes} discs={discs} />}
        </ReactFlow>
      </SharedContext.Provider>
      {children}
    </div>
  )
}

/** Focuses a node as soon as it is an element: those out of sight become one only once the view has moved there. */
function focusNode(box: HTMLElement | null, id: string, tries = 30): void {
  const el = box?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)
  if (el) el.focus({ preventScroll: true })
  else if (tries > 0) requestAnimationFrame(() => focusNode(box, id, tries - 1))
}

/** From here on whole names and figures of neighbours in a row do not touch. */
const ROOMY = 0.55

/** How much there is room for: rings, names, figures, percentiles. */
function zoomName(zoom: number): 'far' | 'mid' | 'near' | 'close' {
  return zoom < 0.42 ? 'far' : zoom < 0.72 ? 'mid' : zoom < 1.3 ? 'near' : 'close'
}

/** Circles by id. Positions are centres of the layout's cells; a circle stands at the top of its cell's middle. */
export function discsOf(nodes: readonly SceneNode[], positions: Layout['positions'], size: SizeBy, largest: number): Map<string, DiscAt> {
  const out = new Map<string, DiscAt>()
  for (const n of nodes) {
    const p = positions.get(n.id)
    if (p) out.set(n.id, { x: p.x, y: p.y, r: nodeSize(n.stats, size, largest) / 2 })
  }
  return out
}

/** Moves the view only if the node is out of sight. */
function reveal(flow: ReactFlowInstance<MapNode> | null, box: HTMLElement | null, disc: DiscAt | undefined, covered: number): void {
  if (!flow || !box || !disc) return
  const { x, y, zoom } = flow.getViewport()
  const sx = disc.x * zoom + x
  const sy = disc.y * zoom + y
  if (sx > 60 && sx < box.clientWidth - 60 - covered && sy > 60 && sy < box.clientHeight - 80) return
  void flow.setCenter(disc.x + covered / 2 / zoom, disc.y, { zoom, duration: 160 })
}

/** The rectangles of open groups. */
export function boxesOf(scene: Scene, positions: Layout['positions']): (LabelledBox & { id: string; count: number })[] {
  return scene.boxes.flatMap((b) => {
    const r = boxRect(scene.nodes.filter((n) => n.box === b.id).map((n) => ({ id: n.id, ...CELL, box: '' })), positions)
    return r ? [{ ...b, ...r }] : []
  })
}

function Boxes({ scene, positions, onToggle }: { scene: Scene; positions: Layout['positions']; onToggle: (id: string) => void }) {
  return boxesOf(scene, positions).map((b) => (
    <div key={b.id} className={css.box} style={{ left: b.x, top: b.y, width: b.width, height: b.height }}>
      <button type="button" className={css.boxTitle} onClick={() => onToggle(b.id)} aria-label={`Close group ${b.label}`}>
        {b.label} <span>{b.count}</span>
      </button>
    </div>
  ))
}
