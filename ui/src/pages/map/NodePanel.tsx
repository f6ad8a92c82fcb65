import { Link } from '@tanstack/react-router'
import { Focus, FoldHorizontal, ListTree, Rows3 } from 'lucide-react'
import { useSeries } from '../../api/hooks'
import type { MapNode } from '../../api/types'
import { Glyph } from '../../map/Glyph'
import { Panel, Section } from '../../map/Panel'
import { formatCount } from '../../pure/format'
import { kindOf } from '../../pure/mapKind'
import { nodeQuery, NOTHING_PICKED } from '../../pure/mapQuery'
import { AlertItems } from '../../widgets/AlertItems'
import { Button } from '../../widgets/Button'
import { Tabs } from '../../widgets/Tabs'
import { Compared } from './Compared'
import { Dependencies } from './Dependencies'
import { Drill, Red } from './Drill'
import { AskedOf, TopOperations, useOperations } from './Operations'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

type Props = {
  view: PanelView
  node: MapNode
  focused: boolean
  dependencies: boolean
  onDependencies: (on: boolean) => void
  onFocus: (id: string | undefined) => void
  /** folds what this was taken out of; absent where it stands alone */
  onFold?: () => void
}

/** All about one node: how it fares over time, how long it takes, what it talks to, and the way to its traces. */
export function NodePanel({ view, node, focused, dependencies, onDependencies, onFocus, onFold }: Props) {
  const { map, shared } = view
  const kind = kindOf(node.type, node.kind === 'inferred')
  const severalEnvs = map.envs.length > 1
  const links = map.edges.filter((e) => e.source === node.id || e.target === node.id).length
  return (
    <Panel
      label={`${node.name}, ${kind.words}`}
      onClose={() => view.onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <Glyph name={kind.glyph} /> {node.name}
          </h2>
          <p className={css.facts}>
            {[kind.words, node.env, node.namespace, node.kind === 'inferred' ? 'not instrumented' : '', view.deployed.get(node.id) ?? '', ...node.versions.slice(0, 3).map((v) => `v${v}`)].filter((t) => t !== '').join(' · ')}
          </p>
        </>
      }
      actions={
        <>
          {node.kind === 'service' && (
            <Link to="/services/$name" params={{ name: node.name }} search={shared} className={css.link}>
              <Rows3 size={14} aria-hidden="true" /> Service page
            </Link>
          )}
          <Link to="/traces" search={{ ...shared, q: nodeQuery(node, NOTHING_PICKED, severalEnvs) }} className={css.link}>
            <ListTree size={14} aria-hidden="true" /> Traces
          </Link>
          <Button size="sm" pressed={focused} onClick={() => onFocus(focused ? undefined : node.id)}>
            <Focus size={14} aria-hidden="true" /> Focus
          </Button>
          {onFold && (
            <Button size="sm" onClick={onFold}>
              <FoldHorizontal size={14} aria-hidden="true" /> Fold again
            </Button>
          )}
        </>
      }
    >
      <Tabs
        label="Details"
        value={dependencies ? 'dependencies' : 'overview'}
        onChange={(tab) => onDependencies(tab === 'dependencies')}
        tabs={[
          { id: 'overview', label: 'Overview', panel: (
            <>
              <NodeAlerts view={view} node={node} />
              <Overview key={node.id} view={view} node={node} severalEnvs={severalEnvs} />
            </>
          ) },
          { id: 'dependencies', label: `Dependencies ${formatCount(links)}`, panel: <Dependencies view={view} node={node} /> },
        ]}
      />
    </Panel>
  )
}

function NodeAlerts({ view, node }: { view: PanelView; node: MapNode }) {
  const alarm = view.alarms.get(node.id)
  if (alarm === undefined) return null
  return (
    <Section title={view.past ? 'Alerts of this time' : 'Alerts'}>
      <AlertItems alerts={alarm.alerts} shared={view.shared} />
    </Section>
  )
}

function Overview({ view, node, severalEnvs }: { view: PanelView; node: MapNode; severalEnvs: boolean }) {
  if (node.kind === 'client') return <p className={css.alone}>Requests start here; a client has no figures of its own.</p>
  if (node.kind === 'service') return <ServiceOverview view={view} node={node} severalEnvs={severalEnvs} />
  return <PeerOverview view={view} node={node} severalEnvs={severalEnvs} />
}

const QUIET = 'No requests at this moment.'

function ServiceOverview({ view, node, severalEnvs }: { view: PanelView; node: MapNode; severalEnvs: boolean }) {
  const series = useSeries({ node: node.id }, view.whole)
  const { pending, operations } = useOperations(node, view)
  const chosen = operations.find((o) => o.name === view.pick.operation)
  if (node.stats === null) return <p className={css.alone}>{QUIET}</p>
  return (
    <>
      <Red stats={node.stats} series={series.data} mark={view.mark} />
      {view.before && <Compared now={node.stats} then={view.before.map.nodes.find((n) => n.id === node.id)?.stats} before={view.before} />}
      <Drill view={view} stats={chosen?.stats ?? node.stats} query={(pick) => nodeQuery(node, pick, severalEnvs)} />
      <TopOperations view={view} pending={pending} operations={operations} />
    </>
  )
}

function PeerOverview({ view, node, severalEnvs }: { view: PanelView; node: MapNode; severalEnvs: boolean }) {
  const series = useSeries({ node: node.id }, view.whole)
  if (node.stats === null) return <p className={css.alone}>{QUIET}</p>
  return (
    <>
      <Red stats={node.stats} series={series.data} mark={view.mark} />
      {view.before && <Compared now={node.stats} then={view.before.map.nodes.find((n) => n.id === node.id)?.stats} before={view.before} />}
      <Drill view={view} stats={node.stats} query={(pick) => nodeQuery(node, pick, severalEnvs)} />
      <AskedOf node={node} view={view} severalEnvs={severalEnvs} />
    </>
  )
}
