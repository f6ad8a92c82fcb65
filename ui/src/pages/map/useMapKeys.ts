import type { RefObject } from 'react'
import type { MapControls } from '../../map/MapView'
import type { Scene } from '../../pure/mapScene'
import { useHotkeys } from '../../widgets/hotkeys'
import type { Search } from './MapScreen'
import type { Moment } from './useMoment'

type Props = {
  search: Search
  scene: Scene
  moment: Moment
  input: RefObject<HTMLInputElement | null>
  controls: RefObject<MapControls | null>
  change: (patch: Search) => void
  select: (sel: string | undefined) => void
  focus: (id: string | undefined) => void
  toggle: (id: string) => void
}

/** The map's keys; those of a focused node, such as the arrows, are handled where it is drawn and only listed here. */
export function useMapKeys({ search, scene, moment, input, controls, change, select, focus, toggle }: Props): void {
  const selected = search.sel?.startsWith('n:') === true ? search.sel.slice(2) : undefined
  const openOrClose = () => {
    const node = scene.nodes.find((n) => n.id === selected)
    const id = node?.shape === 'node' ? node.bunch || node.box : node?.id
    if (id !== undefined && id !== '') toggle(id)
  }
  /** One layer at a time, the one on top first. */
  const back = () => {
    if (search.sel !== undefined) select(undefined)
    else if (moment.at !== null) moment.go(null)
    else if (search.focus !== undefined) focus(undefined)
  }
  useHotkeys('Service map', [
    { keys: '/', label: 'Find on the map', run: () => input.current?.focus() },
    { keys: 'arrowleft', label: 'To a caller; with ↑ ↓ along the column' },
    { keys: 'arrowright', label: 'To what is called' },
    { keys: 'enter', label: 'Details of the node' },
    { keys: 'f', label: 'Focus on the selected node', run: () => focus(search.focus === undefined ? selected : undefined) },
    { keys: 'x', label: 'Open or close the selected group', run: openOrClose },
    { keys: 'e', label: 'Errors only', run: () => change({ errors: search.errors === true ? undefined : true }) },
    { keys: 'a', label: 'With alerts only', run: () => change({ alerts: search.alerts === true ? undefined : true }) },
    { keys: 'v', label: 'Map or list', run: () => change({ view: search.view === 'list' ? undefined : 'list' }) },
    { keys: 'p', label: 'Play the time range, or pause', run: moment.toggle },
    { keys: '[', label: 'A moment back', run: () => moment.step(-1) },
    { keys: ']', label: 'A moment on', run: () => moment.step(1) },
    { keys: 'shift+p', label: 'Play faster or slower', run: () => moment.setSpeed(moment.speed === 1 ? 4 : 1) },
    { keys: '0', label: 'Show all of the map', run: () => controls.current?.fit() },
    { keys: '+', label: 'Closer', run: () => controls.current?.zoom(1.25) },
    { keys: '=', run: () => controls.current?.zoom(1.25) },
    { keys: '_', label: 'Further away', run: () => controls.current?.zoom(0.8) },
    { keys: 'escape', label: 'Close the panel, then the moment, then the focus', run: back },
  ])
}
