import type { Scene } from '../../pure/mapScene'
import { EdgePanel } from './EdgePanel'
import { GroupEdgePanel, GroupPanel } from './GroupPanel'
import { Missing } from './Missing'
import { NodePanel } from './NodePanel'
import type { PanelView } from './panel'

type Props = {
  view: PanelView
  scene: Scene
  sel: string | undefined
  focus: string | undefined
  dependencies: boolean
  onDependencies: (on: boolean) => void
  onFocus: (id: string | undefined) => void
  onOpen: (id: string) => void
  onWiden: () => void
}

/** The panel of what is selected: a node, a group, a connection, or all connections between two groups. */
export function Details({ view, scene, sel, focus, dependencies, onDependencies, onFocus, onOpen, onWiden }: Props) {
  if (sel === undefined) return null
  const { map } = view
  const id = sel.slice(2)
  const missing = <Missing id={id} onClose={() => view.onSelect(undefined)} onWiden={onWiden} />
  if (sel.startsWith('n:')) {
    const node = map.nodes.find((n) => n.id === id)
    const drawn = scene.nodes.find((n) => n.id === id)
    if (node) {
      const fold = drawn?.bunch || drawn?.box
      return <NodePanel view={view} node={node} focused={focus === id} dependencies={dependencies} onDependencies={onDependencies} onFocus={onFocus} onFold={fold ? () => onOpen(fold) : undefined} />
    }
    return drawn ? <GroupPanel view={view} node={drawn} onOpen={onOpen} /> : missing
  }
  const edge = map.edges.find((e) => e.id === id)
  const source = map.nodes.find((n) => n.id === edge?.source)
  const target = map.nodes.find((n) => n.id === edge?.target)
  if (edge && source && target) return <EdgePanel view={view} edge={edge} source={source} target={target} />
  const sum = scene.edges.find((e) => e.id === id)
  const from = scene.nodes.find((n) => n.id === sum?.source)
  const to = scene.nodes.find((n) => n.id === sum?.target)
  return sum && from && to ? <GroupEdgePanel view={view} edge={sum} source={from} target={to} /> : missing
}
