import { Maximize, Minus, Plus, Waypoints } from 'lucide-react'
import type { RefObject } from 'react'
import type { Class, ServiceMap } from '../../api/types'
import { Legend } from '../../map/Legend'
import { type MapControls, MapView } from '../../map/MapView'
import { PANEL_WIDTH } from '../../map/Panel'
import { Troubles } from '../../map/Troubles'
import type { Layout } from '../../map/useLayout'
import type { Alarm } from '../../pure/alerts'
import { shapesOf } from '../../pure/alertShapes'
import { formatClock } from '../../pure/format'
import { VERSUS_WORDS } from '../../pure/mapCompare'
import type { Trouble } from '../../pure/mapHealth'
import type { Scene, SceneNode } from '../../pure/mapScene'
import type { EpochMs } from '../../pure/units'
import { Button, IconButton } from '../../widgets/Button'
import { Notice } from '../../widgets/States'
import type { Search } from './MapScreen'
import { TooMany } from './TooMany'
import { type Before, type Deltas, versusOf } from './useCompared'
import css from './MapPage.module.css'

type Props = {
  search: Search
  scene: Scene
  layout: Layout
  /** what can be focused on, grouped or not */
  names: readonly SceneNode[]
  deltas: Deltas | undefined
  deployed: ReadonlyMap<string, string>
  alarms: ReadonlyMap<string, Alarm>
  /** these are of a time that is over */
  past: boolean
  before: Before | null
  marked: readonly Class[]
  moving: boolean
  phone: boolean
  wrong: readonly Trouble[]
  /** the moment in view */
  at: EpochMs | null
  controls: RefObject<MapControls | null>
  onReady: (controls: MapControls) => void
  onChange: (patch: Search, replace?: boolean) => void
  onSelect: (id: string | undefined) => void
  onShow: (id: string) => void
  onFocus: (id: string | undefined, hops?: number) => void
  onToggleBox: (id: string) => void
  onForce: () => void
  onRelayout: () => void
}

/** The drawing with what lies over it: what is wrong, the legend and the buttons. With the list, only what is wrong. */
export function Stage({ search, scene, layout, names, deltas, deployed, alarms, past, before, marked, moving, phone, wrong, at, controls, onReady, onChange, onSelect, onShow, onFocus, onToggleBox, onForce, onRelayout }: Props) {
  const list = search.view === 'list'
  const size = search.size ?? 'traffic'
  const versus = versusOf(search)
  const colour = versus === undefined ? (search.colour ?? 'health') : before?.map.nodes.length === 0 ? 'health' : 'change'
  const shapes = shapesOf([...alarms.values()])
  const panel = search.sel !== undefined || undefined
  return (
    <>
      {!list && scene.ask && <TooMany count={scene.wanted} names={names} onFocus={onFocus} onGroup={() => onChange({ group: undefined })} onAll={onForce} />}
      {!list && !scene.ask && (
        <MapView
          scene={scene}
          layout={layout}
          size={size}
          colour={colour}
          selected={search.sel?.slice(2)}
          deltas={deltas}
          deployed={deployed}
          alarms={alarms}
          marked={marked}
          moving={moving}
          overview={!phone && panel === undefined}
          covered={panel && !phone ? PANEL_WIDTH : 0}
          onSelect={onSelect}
          onToggleBox={onToggleBox}
          onReady={onReady}
          down={phone}
          label="Service map. Arrow keys walk from node to node, Enter opens details."
        />
      )}
      <div className={css.headline} data-panel={panel}>
        {scene.nodes.length === 0 ? <NothingLeft search={search} onChange={onChange} /> : <Troubles troubles={wrong} when={at === null ? undefined : formatClock(at, false)} onShow={onShow} />}
      </div>
      {!list && !scene.ask && (
        <>
          <div className={css.legend} data-panel={panel}>
            <Legend
              size={size}
              colour={colour}
              versus={versus}
              deployed={deployed.size > 0}
              alerts={shapes}
              past={past}
              marked={marked}
              onMark={(c) => {
                const next = marked.includes(c) ? marked.filter((m) => m !== c) : [...marked, c]
                onChange({ mark: next.length > 0 ? next : undefined }, true)
              }}
            />
          </div>
          <div className={css.zoom} data-panel={panel}>
            <IconButton label="Closer" keys="+" look="plain" onClick={() => controls.current?.zoom(1.25)}>
              <Plus size={15} />
            </IconButton>
            <IconButton label="Further away" look="plain" onClick={() => controls.current?.zoom(0.8)}>
              <Minus size={15} />
            </IconButton>
            <IconButton label="Show all" keys="0" look="plain" onClick={() => controls.current?.fit()}>
              <Maximize size={15} />
            </IconButton>
            <IconButton label="Re-layout: forget where nodes were put" look="plain" onClick={onRelayout}>
              <Waypoints size={15} />
            </IconButton>
          </div>
        </>
      )}
    </>
  )
}

type NoticesProps = { problems: { error: Error | null; retry: () => void; map: ServiceMap }; before: Before | null; onChange: (patch: Search) => void }

/** What is to be known of the figures. It stands above the drawing: over it, it would cover nodes. */
export function Notices({ problems, before, onChange }: NoticesProps) {
  const { error, map } = problems
  const alone = before !== null && before.map.nodes.length === 0
  if (error === null && map.complete && !alone) return null
  return (
    <div className={css.notices}>
      {error !== null && (
        <Notice tone="warn" action={<Button size="sm" onClick={problems.retry}>Try again</Button>}>
          These figures are old: {error.message}
        </Notice>
      )}
      {!map.complete && <Notice tone="warn">{map.notes.length > 0 ? map.notes.join(' ') : 'Not everything could be read in time.'}</Notice>}
      {alone && (
        <Notice action={<Button size="sm" onClick={() => onChange({ cmp: undefined, colour: undefined })}>Stop comparing</Button>}>
          Nothing was received in {before.versus === 'prev' ? 'the time before' : `this window ${VERSUS_WORDS[before.versus]}`}, so there is nothing to compare with.
        </Notice>
      )}
    </div>
  )
}

function NothingLeft({ search, onChange }: { search: Search; onChange: (patch: Search) => void }) {
  return (
    <Notice action={<Button size="sm" onClick={() => onChange({ errors: undefined, alerts: undefined, focus: undefined, hops: undefined, external: undefined })}>Show everything</Button>}>
      {search.alerts === true ? 'Nothing on the map has an alert.' : search.errors === true ? 'Nothing on the map fails.' : 'Nothing on the map matches these filters.'}
    </Notice>
  )
}
