// From the server's map to what is drawn: filter, fold leaves, group; then nodes, boxes and the edges between them.
import type { MapEdge, MapNode, ServiceMap, Stats } from '../api/types'
import { kindOf, type Kind } from './mapKind'
import { badShare, share, sumStats } from './mapStats'

export const GROUPINGS = ['none', 'namespace', 'team', 'env', 'type', 'name'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** More drawn nodes than this are grouped unasked. */
export const GROUP_OVER = 250
/** More drawn nodes than this are not drawn at all before the reader chooses. */
export const ASK_OVER = 600
/** More leaves of one type below one node, or hosts outside, than this become one node. */
export const LEAVES_OVER = 8

export interface SceneNode {
  readonly id: string
  readonly shape: 'node' | 'group' | 'leaves'
  readonly label: string
  readonly kind: Kind
  readonly inferred: boolean
  readonly stats: Stats | null
  readonly env: string
  readonly namespace: string
  readonly type: string
  /** ids of the server's nodes that this stands for */
  readonly members: readonly string[]
  /** box that it stands in, or '' */
  readonly box: string
  /** the bunch of leaves that it was taken out of, or '' */
  readonly bunch: string
  /** was there before, but not in what is in view now */
  readonly ghost: boolean
}

export interface SceneEdge {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly async: boolean
  readonly stats: Stats
  readonly members: readonly string[]
  readonly ghost: boolean
}

export interface SceneBox {
  readonly id: string
  readonly label: string
  readonly count: number
}

export interface Scene {
  readonly nodes: readonly SceneNode[]
  readonly edges: readonly SceneEdge[]
  readonly boxes: readonly SceneBox[]
  /** what the grouping became; it may differ from what was asked */
  readonly group: Grouping
  /** nodes that would be drawn without grouping */
  readonly wanted: number
  /** too many even grouped: ask for a focus instead of drawing */
  readonly ask: boolean
}

export interface SceneOptions {
  /** undefined = decide by size */
  readonly group?: Grouping
  /** boxes that are open (or, for leaves, listed one by one) */
  readonly open: ReadonlySet<string>
  readonly focus?: string
  readonly hops: number
  readonly errorsOnly: boolean
  /** ids of nodes with alerts: only these */
  readonly alerted?: ReadonlySet<string>
  /** leave out hosts outside of the system */
  readonly hideExternal?: boolean
  /** false lists leaves one by one */
  readonly bunch?: boolean
  /** ids of nodes and edges that are remembered only */
  readonly ghosts?: ReadonlySet<string>
  /** draw however many there are */
  readonly force?: boolean
}

const NO_GHOSTS: ReadonlySet<string> = new Set()

export function buildScene(map: ServiceMap, options: SceneOptions): Scene {
  const kept = filtered(map, options)
  const ghosts = options.ghosts ?? NO_GHOSTS
  const bunches = options.bunch === false ? new Map<string, string>() : leafGroups(kept.nodes, kept.edges)
  const closed = (id: string) => !options.open.has(bunches.get(id) ?? '')
  const leafOf = (id: string) => (closed(id) ? bunches.get(id) : undefined)
  const drawn = kept.nodes.filter((n) => leafOf(n.id) === undefined).length + new Set(kept.nodes.flatMap((n) => leafOf(n.id) ?? [])).size
  const group = options.group ?? (drawn > GROUP_OVER ? bestGrouping(kept.nodes) : 'none')
  const boxOf = (n: MapNode) => (group === 'none' || n.kind === 'client' ? '' : groupKey(n, group))
  const placeOf = new Map<string, string>()
  const boxes = new Map<string, MapNode[]>()
  for (const n of kept.nodes) if (boxOf(n) !== '') append(boxes, boxOf(n), n)
  // A group of one would only hide a name.
  for (const [box, members] of boxes) if (members.length === 1 && !options.open.has(box)) boxes.delete(box)
  for (const [box, members] of boxes) if (!options.open.has(box)) for (const n of members) placeOf.set(n.id, box)
  const nodes: SceneNode[] = []
  for (const [box, members] of boxes) if (!options.open.has(box)) nodes.push(groupNode(box, members, ghosts))
  const folded = new Map<string, MapNode[]>()
  for (const n of kept.nodes) {
    if (placeOf.has(n.id)) continue
    const leaves = leafOf(n.id)
    if (leaves === undefined) {
      nodes.push(plainNode(n, boxes.has(boxOf(n)) ? boxOf(n) : '', bunches.get(n.id) ?? '', ghosts))
    } else {
      placeOf.set(n.id, leaves)
      append(folded, leaves, n)
    }
  }
  for (const [id, members] of folded) nodes.push(leavesNode(id, members, ghosts))
  const open = [...boxes].filter(([box]) => options.open.has(box))
  return {
    nodes,
    edges: sceneEdges(kept.edges, placeOf, ghosts),
    boxes: open.map(([id, members]) => ({ id, label: labelOf(id), count: members.length })),
    group,
    wanted: kept.nodes.length,
    ask: options.force !== true && nodes.length > ASK_OVER,
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** What a group's id says after the kind of grouping. */
const labelOf = (id: string) => id.slice(id.indexOf(':') + 1)

function filtered(map: ServiceMap, o: SceneOptions): { nodes: MapNode[]; edges: MapEdge[] } {
  let keep: Set<string> | null = null
  if (o.focus !== undefined && map.nodes.some((n) => n.id === o.focus)) keep = within(map.edges, o.focus, o.hops)
  if (o.errorsOnly) keep = intersect(keep, failing(map))
  if (o.alerted !== undefined) keep = intersect(keep, o.alerted)
  if (o.hideExternal === true) keep = intersect(keep, new Set(map.nodes.filter((n) => !isExternal(n) || n.id === o.focus).map((n) => n.id)))
  if (keep === null) return { nodes: map.nodes, edges: map.edges }
  const inside = keep
  return {
    nodes: map.nodes.filter((n) => inside.has(n.id)),
    edges: map.edges.filter((e) => inside.has(e.source) && inside.has(e.target)),
  }
}

function intersect(a: Set<string> | null, b: ReadonlySet<string>): Set<string> {
  return a === null ? new Set(b) : new Set([...a].filter((x) => b.has(x)))
}

/** Nodes at most `hops` edges from one node, in either direction. */
export function within(edges: readonly { source: string; target: string }[], from: string, hops: number): Set<string> {
  const seen = new Set([from])
  let rim = [from]
  for (let i = 0; i < hops; i++) {
    const next = new Set<string>()
    const at = new Set(rim)
    for (const e of edges) {
      if (at.has(e.source) && !seen.has(e.target)) next.add(e.target)
      if (at.has(e.target) && !seen.has(e.source)) next.add(e.source)
    }
    for (const n of next) seen.add(n)
    rim = [...next]
  }
  return seen
}

/** Nodes that fail, and both ends of failing edges. */
function failing(map: ServiceMap): Set<string> {
  const out = new Set<string>()
  const bad = (s: Stats | null) => badShare(s) > 0 || share(s, 'error') > 0
  for (const n of map.nodes) if (bad(n.stats)) out.add(n.id)
  for (const e of map.edges) {
    if (bad(e.stats)) {
      out.add(e.source)
      out.add(e.target)
    }
  }
  return out
}

/** A host outside of the system, of which only its callers tell. */
export function isExternal(n: MapNode): boolean {
  return n.kind === 'inferred' && kindOf(n.type, true).glyph === 'external'
}

/** The id of the bunch that hosts outside become. */
const EXTERNAL = 'leaves:external'

/** Leaves with one caller in common and one type, and hosts outside whoever calls them, where there are more than LEAVES_OVER of them. */
function leafGroups(nodes: readonly MapNode[], edges: readonly MapEdge[]): Map<string, string> {
  const calling = new Set(edges.map((e) => e.source))
  const callers = new Map<string, string | null>() // null = more than one
  for (const e of edges) {
    const known = callers.get(e.target)
    callers.set(e.target, known === undefined || known === e.source ? e.source : null)
  }
  const leaves = nodes.filter((n) => n.kind === 'inferred' && callers.has(n.id) && !calling.has(n.id))
  const outside = leaves.filter(isExternal)
  const groups = new Map<string, string[]>()
  const all = outside.length > LEAVES_OVER
  for (const n of leaves) {
    const caller = callers.get(n.id)
    if (all && isExternal(n)) append(groups, EXTERNAL, n.id)
    else if (caller !== undefined && caller !== null) append(groups, `leaves:${caller}>${n.type}`, n.id)
  }
  const out = new Map<string, string>()
  for (const [id, members] of groups) {
    if (members.length <= LEAVES_OVER) continue
    for (const m of members) out.set(m, id)
  }
  return out
}

function groupKey(n: MapNode, group: Grouping): string {
  const value = groupValue(n, group)
  return value === '' ? '' : `${group}:${value}`
}

export function groupValue(n: MapNode & { readonly team?: string }, group: Grouping): string {
  switch (group) {
    case 'none': return ''
    case 'namespace': return n.namespace
    case 'team': return n.team ?? ''
    case 'env': return n.env
    case 'type': return kindOf(n.type, n.kind === 'inferred').words
    case 'name': return n.name.split(/[-_.:/]/)[0] ?? ''
  }
}

/** Groupings that say something about these nodes. */
export function groupingsOf(nodes: readonly MapNode[]): Grouping[] {
  return GROUPINGS.filter((g) => g === 'none' || nodes.some((n) => groupKey(n, g) !== ''))
}

/** The first grouping that leaves a map one can read: between 4 and 250 nodes. People's own names come first. */
function bestGrouping(nodes: readonly MapNode[]): Grouping {
  for (const g of ['namespace', 'team', 'name', 'env'] as const) {
    const size = new Set(nodes.map((n) => groupKey(n, g) || n.id)).size
    if (size >= 4 && size <= GROUP_OVER) return g
  }
  return 'type'
}

function plainNode(n: MapNode, box: string, bunch: string, ghosts: ReadonlySet<string>): SceneNode {
  return {
    id: n.id, shape: 'node', label: n.name, kind: kindOf(n.type, n.kind === 'inferred'), inferred: n.kind === 'inferred',
    stats: n.stats, env: n.env, namespace: n.namespace, type: n.type, members: [n.id], box, bunch, ghost: ghosts.has(n.id),
  }
}

function groupNode(id: string, members: readonly MapNode[], ghosts: ReadonlySet<string>): SceneNode {
  return {
    id, shape: 'group', label: labelOf(id), kind: { glyph: 'group', badge: String(members.length), words: `group of ${members.length}` }, inferred: false,
    stats: sumStats(members.map((m) => m.stats)), env: '', namespace: '', type: 'group', members: members.map((m) => m.id), box: '', bunch: '', ghost: members.every((m) => ghosts.has(m.id)),
  }
}

function leavesNode(id: string, members: readonly MapNode[], ghosts: ReadonlySet<string>): SceneNode {
  const kind = kindOf(members[0].type, true)
  const noun = `${kind.words}s`.replace(/ys$/, 'ies').replace(/xs$/, 'xes')
  return {
    id, shape: 'leaves', label: kind.glyph === 'external' ? `External (${members.length})` : `${members.length} ${noun}`, kind, inferred: true,
    stats: sumStats(members.map((m) => m.stats)), env: members[0].env, namespace: '', type: members[0].type, members: members.map((m) => m.id), box: '', bunch: '',
    ghost: members.every((m) => ghosts.has(m.id)),
  }
}

/** Edges between what is drawn; several of the server's become one. Edges inside a closed group vanish. */
function sceneEdges(edges: readonly MapEdge[], placeOf: ReadonlyMap<string, string>, ghosts: ReadonlySet<string>): SceneEdge[] {
  const merged = new Map<string, MapEdge[]>()
  for (const e of edges) {
    const source = placeOf.get(e.source) ?? e.source
    const target = placeOf.get(e.target) ?? e.target
    if (source === target && source !== e.source) continue
    const key = `${source}\n${target}\n${e.async ? 'a' : 's'}`
    append(merged, key, e)
  }
  return [...merged].map(([key, same]) => {
    const [source, target, mode] = key.split('\n')
    return {
      id: same.length === 1 ? same[0].id : `${source}>${target}${mode === 'a' ? '~' : ''}`,
      source,
      target,
      async: mode === 'a',
      stats: sumStats(same.map((e) => e.stats)) ?? same[0].stats,
      members: same.map((e) => e.id),
      ghost: same.every((e) => ghosts.has(e.id)),
    }
  })
}

/** The busiest nodes and all groups: what keeps its name when the map is seen from far away. */
export function majorNodes(nodes: readonly SceneNode[], count: number): ReadonlySet<string> {
  const busiest = [...nodes].sort((a, b) => (b.stats?.rate ?? 0) - (a.stats?.rate ?? 0)).slice(0, count)
  return new Set([...busiest, ...nodes.filter((n) => n.shape === 'group')].map((n) => n.id))
}
