import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Maximize, Minus, Plus, Radar } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { useMap, useStatus } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import { exportMap } from '../../map/exportMap'
import { Legend } from '../../map/Legend'
import { MapList } from '../../map/MapList'
import { CELL, discsOf, type MapControls, MapView } from '../../map/MapView'
import { PANEL_WIDTH } from '../../map/Panel'
import { Scrubber } from '../../map/Scrubber'
import { Troubles } from '../../map/Troubles'
import { useLayout } from '../../map/useLayout'
import { useScope, useSetRange, useShared } from '../../nav'
import { sizeMax } from '../../pure/mapDraw'
import { troubles } from '../../pure/mapHealth'
import { buildScene, type SceneNode } from '../../pure/mapScene'
import { rangeOf } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { SearchFor } from '../../url'
import { Button, IconButton } from '../../widgets/Button'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { notify } from '../../widgets/Toast'
import { useHotkeys } from '../../widgets/hotkeys'
import { useMedia } from '../../widgets/useMedia'
import { EdgePanel } from './EdgePanel'
import { GroupPanel } from './GroupPanel'
import { NodePanel } from './NodePanel'
import { Toolbar } from './Toolbar'
import css from './MapPage.module.css'

type Search = SearchFor<'map'>

const NOTHING: readonly string[] = []

export function MapPage() {
  const map = useMap(useScope())
  if (map.data === undefined) {
    if (map.error) return <ErrorState error={map.error} retry={() => void map.refetch()} />
    return (
      <div className={css.loading}>
        <Skeleton height={64} rows={4} gap={40} width="60%" />
      </div>
    )
  }
  return (
    <Stale stale={map.isPlaceholderData} className={css.fill}>
      {map.data.nodes.length === 0 ? <NoMap /> : <MapScreen map={map.data} error={map.error} />}
    </Stale>
  )
}

function MapScreen({ map, error }: { map: ServiceMap; error: Error | null }) {
  const search = useSearch({ from: '/map' })
  const navigate = useNavigate({ from: '/map' })
  const setRange = useSetRange()
  const shared = useShared()
  const phone = useMedia('(max-width: 760px)')
  const controls = useRef<MapControls | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const [force, setForce] = useState(false)

  const change = useCallback((patch: Search, replace = false) => void navigate({ search: (before) => ({ ...before, ...patch }), replace }), [navigate])
  const open = search.open ?? NOTHING
  const scene = useMemo(
    () => buildScene(map, { group: search.group, open: new Set(open), focus: search.focus, hops: search.hops ?? 1, errorsOnly: search.errors === true, force }),
    [map, search.group, open, search.focus, search.hops, search.errors, force],
  )
  const plain = useMemo(() => buildScene(map, { group: 'none', open: new Set(map.nodes.map((n) => n.id)), hops: 1, errorsOnly: false, force: true }).nodes, [map])
  const layoutInput = useMemo(() => ({ nodes: scene.ask ? [] : scene.nodes.map((n) => ({ id: n.id, ...CELL, box: n.box })), edges: scene.edges, down: phone }), [scene, phone])
  const layout = useLayout(layoutInput, [phone ? 'down' : '', shared.env ?? '', scene.group, open.join(','), search.focus ?? '', search.focus === undefined ? '' : search.hops ?? 1, search.errors === true ? 'errors' : ''].join('|'))
  const wrong = useMemo(() => troubles(scene.nodes, scene.edges), [scene])

  const selected = search.sel?.slice(2)
  const select = useCallback((sel: string | undefined) => change({ sel }), [change])
  const onSelect = useCallback(
    (id: string | undefined) => {
      if (id === undefined) select(undefined)
      else if (scene.nodes.some((n) => n.id === id)) select(`n:${id}`)
      // An edge between groups stands for several; it has no details of its own.
      else if (map.edges.some((e) => e.id === id)) select(`e:${id}`)
    },
    [scene, map, select],
  )
  const focus = useCallback((id: string | undefined) => change({ focus: id, hops: undefined, sel: id === undefined ? undefined : `n:${id}` }), [change])
  const toggle = useCallback((id: string) => change({ open: open.includes(id) ? without(open, id) : [...open, id], sel: undefined }), [change, open])
  const onReady = useCallback((c: MapControls) => {
    controls.current = c
  }, [])
  const find = (id: string) => focus(id)
  const show = (id: string) => {
    select(`n:${id}`)
    controls.current?.show(id)
  }
  const discs = () => discsOf(scene.nodes, layout.positions, search.size ?? 'traffic', sizeMax(scene.nodes.map((n) => n.stats), search.size ?? 'traffic'))
  const save = (as: 'svg' | 'png') => exportMap(scene, discs(), as, 'Service map', phone).catch((e: unknown) => notify(e instanceof Error ? e.message : 'The picture could not be made.'))

  useHotkeys('Service map', [
    { keys: '/', label: 'Find on the map', run: () => input.current?.focus() },
    { keys: 'f', label: 'Focus on the selected node', run: () => focus(search.focus === undefined && search.sel?.startsWith('n:') === true ? selected : undefined) },
    { keys: 'x', label: 'Open or close the selected group', run: () => { const n = scene.nodes.find((s) => s.id === selected); if (n) toggle(n.shape === 'node' ? n.box : n.id) } },
    { keys: 'e', label: 'Errors only', run: () => change({ errors: search.errors === true ? undefined : true }) },
    { keys: 'v', label: 'Map or list', run: () => change({ view: search.view === 'list' ? undefined : 'list' }) },
    { keys: '0', label: 'Show all of the map', run: () => controls.current?.fit() },
    { keys: '+', label: 'Closer', run: () => controls.current?.zoom(1.25) },
    { keys: '=', run: () => controls.current?.zoom(1.25) },
    { keys: '_', label: 'Further away', run: () => controls.current?.zoom(0.8) },
    { keys: 'escape', label: 'Close the panel, then the focus', run: () => (search.sel !== undefined ? select(undefined) : focus(undefined)) },
  ])

  const panel = <Details map={map} nodes={scene.nodes} sel={search.sel} focus={search.focus} onSelect={select} onFocus={focus} onOpen={toggle} />
  const list = search.view === 'list'
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Service map</h1>
      <Toolbar
        search={search}
        scene={scene}
        nodes={plain}
        focusName={map.nodes.find((n) => n.id === search.focus)?.name}
        inputRef={input}
        onChange={change}
        onFind={find}
        onRelayout={layout.again}
        onExport={(as) => void save(as)}
      />
      <div className={css.stage}>
        {list ? (
          <MapList nodes={scene.nodes} selected={selected} onSelect={onSelect} />
        ) : scene.ask ? (
          <TooMany count={scene.wanted} onGroup={() => change({ group: undefined })} onAll={() => setForce(true)} />
        ) : (
          <MapView
            scene={scene}
            layout={layout}
            size={search.size ?? 'traffic'}
            colour={search.colour ?? 'health'}
            selected={selected}
            covered={search.sel !== undefined && !phone ? PANEL_WIDTH : 0}
            onSelect={onSelect}
            onToggleBox={toggle}
            onReady={onReady}
            down={phone}
            label="Service map. Arrow keys walk from node to node, Enter opens details."
          />
        )}
        <div className={css.headline} data-panel={search.sel !== undefined || undefined}>
          {error !== null && <Notice tone="warn">These figures are old: {error.message}</Notice>}
          {!map.complete && <Notice tone="warn">{map.notes.length > 0 ? map.notes.join(' ') : 'Not everything could be read in time.'}</Notice>}
          {scene.nodes.length === 0 ? <Notice>Nothing on the map matches these filters.</Notice> : <Troubles troubles={wrong} onShow={show} />}
        </div>
        {!list && (
          <>
            <div className={css.legend}>
              <Legend size={search.size ?? 'traffic'} colour={search.colour ?? 'health'} />
            </div>
            <div className={css.zoom} data-panel={search.sel !== undefined || undefined}>
              <IconButton label="Closer" keys="+" look="plain" onClick={() => controls.current?.zoom(1.25)}>
                <Plus size={15} />
              </IconButton>
              <IconButton label="Further away" look="plain" onClick={() => controls.current?.zoom(0.8)}>
                <Minus size={15} />
              </IconButton>
              <IconButton label="Show all" keys="0" look="plain" onClick={() => controls.current?.fit()}>
                <Maximize size={15} />
              </IconButton>
            </div>
          </>
        )}
        {panel}
      </div>
      <Scrubber
        start={epochMsOfRFC3339(map.buckets.start)}
        step={map.buckets.step_s * 1000}
        requests={map.buckets.requests}
        bad={map.buckets.bad}
        onRange={(from, to) => setRange(rangeOf(from, to))}
      />
    </div>
  )
}

function without(list: readonly string[], id: string): string[] | undefined {
  const rest = list.filter((o) => o !== id)
  return rest.length > 0 ? rest : undefined
}

type DetailsProps = {
  map: ServiceMap
  nodes: readonly SceneNode[]
  sel: string | undefined
  focus: string | undefined
  onSelect: (sel: string | undefined) => void
  onFocus: (id: string | undefined) => void
  onOpen: (id: string) => void
}

function Details({ map, nodes, sel, focus, onSelect, onFocus, onOpen }: DetailsProps) {
  if (sel === undefined) return null
  const id = sel.slice(2)
  if (sel.startsWith('n:')) {
    const node = map.nodes.find((n) => n.id === id)
    if (node) return <NodePanel map={map} node={node} focused={focus === id} onSelect={onSelect} onFocus={onFocus} />
    const group = nodes.find((n) => n.id === id)
    return group ? <GroupPanel map={map} node={group} onOpen={onOpen} onSelect={onSelect} /> : null
  }
  const edge = map.edges.find((e) => e.id === id)
  const source = map.nodes.find((n) => n.id === edge?.source)
  const target = map.nodes.find((n) => n.id === edge?.target)
  return edge && source && target ? <EdgePanel map={map} edge={edge} source={source} target={target} onSelect={onSelect} /> : null
}

function TooMany({ count, onGroup, onAll }: { count: number; onGroup: () => void; onAll: () => void }) {
  return (
    <Empty
      icon={<Radar size={22} />}
      title={`${count} nodes are more than a picture can tell`}
      actions={
        <>
          <Button look="primary" onClick={onGroup}>
            Group them
          </Button>
          <Button onClick={onAll}>Draw them all</Button>
        </>
      }
    >
      Find a service above to see what is around it, or group them.
    </Empty>
  )
}

function NoMap() {
  const status = useStatus()
  const shared = useShared()
  if (status.data?.has_data === false) {
    return (
      <Empty icon={<Radar size={22} />} title="No span has arrived yet" actions={<Link to="/start" search={shared}>Send the first one</Link>}>
        The map draws itself from traces: every service that sends spans, and everything that they call.
      </Empty>
    )
  }
  return (
    <Empty icon={<Radar size={22} />} title="No requests in this time range">
      Choose a longer range, or another environment.
    </Empty>
  )
}
