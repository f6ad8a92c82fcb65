/** A map of many nodes: what of it is painted instead of made of elements, what stands out, and what is under the pointer. */
import { useCallback, useMemo, useState } from 'react'
import { curve, type Curve, type Disc, type Point } from '../pure/mapDraw'
import { edgeAt, nodeAt, type View } from '../pure/mapHit'
import { majorNodes, type Scene, type SceneEdge } from '../pure/mapScene'
import type { Px } from '../pure/units'
import { type Crowd, crowdOf } from './paintCrowd'

/** More nodes or edges than this are painted. */
const NODES = 250
const EDGES = 420
/** From afar, at this zoom and below, nodes are painted as well. */
const FAR = 0.42
/** How near the pointer must be to an edge, in px on the screen. */
const REACH = 6
/** As many edges of what stands out are elements too, so that they have labels. */
const LABELLED = 40

/** So much of the view's size is kept ready on each side, so that panning seldom makes elements. */
const MARGIN = 0.25

export interface Sight {
  readonly x0: Px
  readonly y0: Px
  readonly x1: Px
  readonly y1: Px
}

const NOWHERE: Sight = { x0: 0, y0: 0, x1: 0, y1: 0 }

export function inSight(sight: Sight | null, d: Point | undefined): boolean {
  if (d === undefined) return false
  return sight === null || (d.x >= sight.x0 && d.x <= sight.x1 && d.y >= sight.y0 && d.y <= sight.y1)
}

const NOTHING: readonly SceneEdge[] = []

export interface CrowdState {
  readonly on: boolean
  /** nodes are painted */
  readonly far: boolean
  readonly crowd: Crowd | null
  readonly lit: ReadonlySet<string> | null
  /** edges that are elements */
  readonly edges: readonly SceneEdge[]
  /** says what the pointer or the focus is on */
  readonly setOver: (id: string | null) => void
  /** which nodes are elements: those in sight and around, or from afar none; null for all */
  readonly sight: Sight | null
  readonly onView: (view: View, width: Px, height: Px) => void
  /** the node or edge at a place of the map */
  readonly at: (place: Point, zoom: number) => string | undefined
}

export function useCrowd(scene: Scene, discs: ReadonlyMap<string, Disc>, selected: string | undefined, down: boolean, deltas?: Parameters<typeof crowdOf>[5], alarms?: Parameters<typeof crowdOf>[6]): CrowdState {
  const on = scene.nodes.length > NODES || scene.edges.length > EDGES
  const [sight, setSight] = useState<Sight>(NOWHERE)
  const [zoom, setZoom] = useState<'far' | 'near'>('near')
  const far = zoom === 'far'
  const [over, setOver] = useState<string | null>(null)
  const curves = useMemo(() => {
    const out = new Map<string, Curve>()
    if (!on) return out
    for (const e of scene.edges) {
      const a = discs.get(e.source)
      const b = discs.get(e.target)
      if (a && b) out.set(e.id, curve(a, b, down))
    }
    return out
  }, [on, scene, discs, down])
  const crowd = useMemo(() => (on ? crowdOf(scene.nodes, scene.edges, discs, curves, majorNodes(scene.nodes, 40), deltas, alarms) : null), [on, scene, discs, curves, deltas, alarms])
  const centre = over ?? selected
  const links = useMemo(() => (on && centre !== undefined ? scene.edges.filter((e) => e.id === centre || e.source === centre || e.target === centre) : NOTHING), [on, centre, scene])
  const lit = useMemo(() => {
    if (!on || centre === undefined || (links.length === 0 && !discs.has(centre))) return null
    return new Set([centre, ...links.flatMap((e) => [e.id, e.source, e.target])])
  }, [on, centre, links, discs])
  return {
    on,
    far: on && far,
    crowd,
    lit,
    edges: on ? (links.length <= LABELLED ? links : NOTHING) : scene.edges,
    setOver,
    sight: !on ? null : far ? NOWHERE : sight,
    onView: useCallback((view: View, width: Px, height: Px) => {
      setZoom(view.zoom < FAR ? 'far' : 'near')
      const [w, h] = [width / view.zoom, height / view.zoom]
      const [x, y] = [(0 - view.x) / view.zoom, (0 - view.y) / view.zoom]
      // The same object while the view stays inside of what is ready: React then does nothing.
      setSight((s) => (x >= s.x0 && y >= s.y0 && x + w <= s.x1 && y + h <= s.y1 && s.x1 - s.x0 < w * 2 ? s : { x0: x - w * MARGIN, y0: y - h * MARGIN, x1: x + w * (1 + MARGIN), y1: y + h * (1 + MARGIN) }))
    }, []),
    at: (place, zoom) => (far ? nodeAt(discs, place, REACH / zoom) : undefined) ?? edgeAt(curves, place, REACH / zoom),
  }
}
