import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react'
import type { Scope } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import { exportJson, exportMap } from '../../map/exportMap'
import { MapList } from '../../map/MapList'
import { boxesOf, CELL, discsOf, type MapControls } from '../../map/MapView'
import { PlayBar } from '../../map/PlayBar'
import { Scrubber } from '../../map/Scrubber'
import { useLayout } from '../../map/useLayout'
import { useShared } from '../../nav'
import { alarmsOfDrawn } from '../../pure/alerts'
import { sizeMax } from '../../pure/mapDraw'
import { troubles } from '../../pure/mapHealth'
import { mapJson } from '../../pure/mapJson'
import { momentOf, withGhosts } from '../../pure/mapMoment'
import { type Pick, printPick, readClasses, readPick } from '../../pure/mapQuery'
import { buildScene, groupingsOf } from '../../pure/mapScene'
import { rangeOf } from '../../pure/time'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { SearchFor } from '../../url'
import { notify } from '../../widgets/Toast'
import { useMedia } from '../../widgets/useMedia'
import type { PanelView } from './panel'
import { Notices, Stage } from './Stage'
import { Toolbar } from './Toolbar'
import { useAlarms } from './useAlarms'
import { useBefore, useDeltas, useDeployments, useGone } from './useCompared'
import { useMapKeys } from './useMapKeys'
import { useMoment } from './useMoment'
import { useSeen } from './useSeen'
import css from './MapPage.module.css'

// Not part of the first paint, so not part of the first download.
const Details = lazy(async () => ({ default: (await import('./Details')).Details }))

export type Search = SearchFor<'map'>

const NOTHING: readonly string[] = []

/** `whole` is the map of the page's range; `settled` tells that it is not the one of a range before. */
type Props = { whole: ServiceMap; settled: boolean; scope: Scope; error: Error | null; retry: () => void }

export function MapScreen({ whole, settled, scope, error, retry }: Props) {
  const search = useSearch({ from: '/map' })
  const navigate = useNavigate({ from: '/map' })
  const shared = useShared()
  const phone = useMedia('(max-width: 760px)')
  const still = useMedia('(prefers-reduced-motion: reduce)')
  const controls = useRef<MapControls | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const [force, setForce] = useState(false)

  const change = useCallback((patch: Search, replace = false) => void navigate({ search: (before) => ({ ...before, ...patch }), replace }), [navigate])
  // A moment stands still; live goes on. Whichever was chosen last ends the other.
  const setMoment = useCallback((t: number | undefined) => change({ t, live: undefined }, true), [change])
  const moment = useMoment(whole.buckets, search.live === true ? undefined : search.t, scope, setMoment)

  const seen = useSeen(whole, [scope.range.from, scope.range.to, scope.env, scope.namespace].join('|'), settled)
  const now = useMemo(() => (moment.map === null ? seen : withGhosts(seen.map, { ...moment.map, buckets: whole.buckets })), [seen, moment.map, whole])
  const inView = moment.range ?? scope.range
  const before = useBefore(search, inView, now.map, scope)
  const { map, ghosts } = useGone(now, before)

  const { byNode, past } = useAlarms(map.nodes, inView, scope.live === true)
  const alerted = useMemo(() => (search.alerts === true ? new Set(byNode.keys()) : undefined), [search.alerts, byNode])

  const open = search.open ?? NOTHING
  const hideExternal = search.external === 'off'
  const options = useMemo(() => ({ focus: search.focus, hops: search.hops ?? 1, errorsOnly: search.errors === true, alerted, hideExternal, ghosts }), [search.focus, search.hops, search.errors, alerted, hideExternal, ghosts])
  const scene = useMemo(() => buildScene(map, { ...options, group: search.group, open: new Set(open), force }), [map, options, search.group, open, force])
  const deltas = useDeltas(scene, before)
  const deployed = useDeployments(scene, map, inView, scope)
  const alarms = useMemo(() => alarmsOfDrawn(scene.nodes, byNode, past), [scene, byNode, past])
  const plain = useMemo(() => buildScene(map, { ...options, group: 'none', bunch: false, open: new Set(), force: true }).nodes, [map, options])
  const everything = useMemo(() => buildScene(map, { group: 'none', bunch: false, open: new Set(), hops: 1, errorsOnly: false, force: true }).nodes, [map])
  const layoutInput = useMemo(() => ({ nodes: scene.ask ? [] : scene.nodes.map((n) => ({ id: n.id, ...CELL, box: n.box })), edges: scene.edges, down: phone }), [scene, phone])
  const layout = useLayout(layoutInput, [phone ? 'down' : '', shared.env ?? '', shared.namespace ?? '', scene.group, open.join(','), search.focus ?? '', search.focus === undefined ? '' : search.hops ?? 1, search.errors === true ? 'errors' : '', search.alerts === true ? 'alerts' : ''].join('|'))
  const wrong = useMemo(() => troubles(scene.nodes, scene.edges), [scene])

  const selected = search.sel?.slice(2)
  const select = useCallback((sel: string | undefined) => change({ sel, dur: undefined, how: undefined, op: undefined, pane: undefined }), [change])
  const onSelect = useCallback(
    (id: string | undefined) => {
      if (id === undefined) select(undefined)
      else select(`${scene.nodes.some((n) => n.id === id) || map.nodes.some((n) => n.id === id) ? 'n' : 'e'}:${id}`)
    },
    [scene, map, select],
  )
  const focus = useCallback((id: string | undefined, hops?: number) => change({ focus: id, hops: hops === 1 ? undefined : hops, sel: id === undefined ? undefined : `n:${id}` }), [change])
  const toggle = useCallback((id: string) => change({ open: open.includes(id) ? without(open, id) : [...open, id], sel: undefined }), [change, open])
  const onReady = useCallback((c: MapControls) => {
    controls.current = c
  }, [])
  const show = (id: string) => {
    select(`n:${id}`)
    controls.current?.show(id)
  }
  const save = (as: 'svg' | 'png' | 'json') => {
    if (as === 'json') {
      exportJson(mapJson(map, scene, byNode))
      return
    }
    const size = search.size ?? 'traffic'
    const discs = discsOf(scene.nodes, layout.positions, size, sizeMax(scene.nodes.map((n) => n.stats), size))
    void exportMap(scene, discs, boxesOf(scene, layout.positions), as, 'Service map', phone, deltas, alarms).catch((e: unknown) => notify(e instanceof Error ? e.message : 'The picture could not be made.'))
  }
  useMapKeys({ search, scene, moment, input, controls, change, select, focus, toggle })

  const { start, step } = moment.frames
  const per = step / (whole.buckets.step_s * 1000)
  const at: readonly [number, number] | null = moment.at === null ? null : [moment.at * per, (moment.at + 1) * per]
  const view: PanelView = {
    map,
    whole: scope,
    scope: { ...scope, range: inView, live: moment.range === null ? scope.live : undefined },
    mark: at === null ? null : [at[0] / whole.buckets.requests.length, at[1] / whole.buckets.requests.length],
    shared: moment.range === null ? shared : { ...shared, ...moment.range, live: undefined },
    before,
    deployed,
    alarms: byNode,
    past,
    pick: readPick(search.dur, search.how, search.op),
    onPick: (pick: Pick) => change(printPick(pick), true),
    onSelect: select,
  }
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Service map</h1>
      <Toolbar
        search={search}
        scene={scene}
        groupings={groupingsOf(map.nodes)}
        alerts={byNode.size}
        nodes={everything}
        focusName={map.nodes.find((n) => n.id === search.focus)?.name}
        inputRef={input}
        onChange={change}
        onFind={focus}
        onExport={save}
      />
      <Notices problems={{ error: error ?? moment.error, retry, map: moment.map ?? whole }} before={before} onChange={change} />
      <div className={css.stage} data-list={search.view === 'list' || undefined}>
        {search.view === 'list' ? (
          <MapList nodes={plain} alarms={byNode} before={before} selected={selected} onSelect={onSelect} covered={search.sel !== undefined && !phone} />
        ) : null}
        <Stage
          search={search}
          scene={scene}
          layout={layout}
          names={everything}
          deltas={deltas}
          deployed={deployed}
          alarms={alarms}
          past={past}
          before={before}
          marked={readClasses(search.mark)}
          moving={search.live === true && !still}
          phone={phone}
          wrong={wrong}
          at={moment.at === null ? null : momentOf(moment.frames, moment.at)}
          controls={controls}
          onReady={onReady}
          onChange={change}
          onSelect={onSelect}
          onShow={show}
          onFocus={focus}
          onToggleBox={toggle}
          onForce={() => setForce(true)}
          onRelayout={layout.again}
        />
        <Suspense>
          {search.sel !== undefined && (
            <Details
              view={view}
              scene={scene}
              sel={search.sel}
              focus={search.focus}
              dependencies={search.pane === 'dependencies'}
              onDependencies={(on) => change({ pane: on ? 'dependencies' : undefined }, true)}
              onFocus={focus}
              onOpen={toggle}
              onWiden={() => change({ from: 'now-1d', to: undefined, t: undefined })}
            />
          )}
        </Suspense>
      </div>
      <Scrubber
        start={epochMsOfRFC3339(whole.buckets.start)}
        step={whole.buckets.step_s * 1000}
        requests={whole.buckets.requests}
        bad={whole.buckets.bad}
        at={at}
        onRange={(from, to) => change({ ...rangeOf(from, to), t: undefined })}
        onMoment={(t) => moment.go(t === null ? null : Math.floor((t - start) / step))}
        onStep={moment.step}
        onPlay={moment.toggle}
      >
        <PlayBar
          playing={moment.playing}
          speed={moment.speed}
          moment={moment.range === null ? null : [Number(moment.range.from), Number(moment.range.to)]}
          onToggle={moment.toggle}
          onStep={moment.step}
          onSpeed={moment.setSpeed}
          onWhole={() => moment.go(null)}
        />
      </Scrubber>
    </div>
  )
}

function without(list: readonly string[], id: string): string[] | undefined {
  const rest = list.filter((o) => o !== id)
  return rest.length > 0 ? rest : undefined
}
