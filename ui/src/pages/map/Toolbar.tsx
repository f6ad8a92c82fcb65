import { Bell, Download, History, List, Share2, SlidersHorizontal, TriangleAlert, X } from 'lucide-react'
import type { Ref } from 'react'
import { NodeSearch } from '../../map/NodeSearch'
import { SIZES } from '../../pure/mapDraw'
import { VERSUS, VERSUS_WORDS } from '../../pure/mapCompare'
import { type Grouping, type Scene, type SceneNode } from '../../pure/mapScene'
import type { SearchFor } from '../../url'
import { Button, IconButton } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import { Segmented, Switch } from '../../widgets/Segmented'
import { versusOf } from './useCompared'
import css from './MapPage.module.css'

type Search = SearchFor<'map'>
type Props = {
  search: Search
  scene: Scene
  /** groupings that these nodes have */
  groupings: readonly Grouping[]
  /** nodes with alerts */
  alerts: number
  nodes: readonly SceneNode[]
  focusName: string | undefined
  inputRef: Ref<HTMLInputElement>
  onChange: (patch: Search) => void
  onFind: (id: string) => void
  onExport: (as: 'svg' | 'png' | 'json') => void
}

const GROUP_LABEL = { none: 'None', namespace: 'Namespace', team: 'Team', env: 'Environment', type: 'Type', name: 'Name' } as const

const COLOURS = ['health', 'latency'] as const

const AGAINST = [
  { value: 'off', label: 'off' },
  { value: 'prev', label: 'before' },
  { value: '1d', label: '1 day' },
  { value: '7d', label: '1 week' },
] as const

/** What the map shows and how; everything here is in the URL. */
export function Toolbar({ search, scene, groupings, alerts, nodes, focusName, inputRef, onChange, onFind, onExport }: Props) {
  const versus = versusOf(search)
  return (
    <div className={css.toolbar} role="toolbar" aria-label="Map">
      <NodeSearch items={nodes} onPick={onFind} inputRef={inputRef} />
      <Button size="md" aria-label="Errors only" pressed={search.errors === true} onClick={() => onChange({ errors: search.errors === true ? undefined : true })}>
        <TriangleAlert size={14} aria-hidden="true" /> <span className={css.wide}>Errors only</span>
      </Button>
      {(alerts > 0 || search.alerts === true) && (
        <Button size="md" aria-label="With alerts only" pressed={search.alerts === true} onClick={() => onChange({ alerts: search.alerts === true ? undefined : true })}>
          <Bell size={14} aria-hidden="true" /> <span className={css.wide}>With alerts</span>
        </Button>
      )}
      <Button size="md" aria-label="Compare with yesterday" pressed={versus === '1d'} onClick={() => onChange({ cmp: versus === '1d' ? undefined : '1d', colour: undefined })}>
        <History size={14} aria-hidden="true" /> <span className={css.wide}>vs yesterday</span>
      </Button>
      {focusName !== undefined && (
        <div className={css.focus}>
          <span className={css.focusText}>
            Around <strong>{focusName}</strong>
          </span>
          <Segmented
            label="How far"
            value={String(search.hops ?? 1)}
            options={['1', '2', '3', '4'].map((n) => ({ value: n, label: n }))}
            onChange={(n) => onChange({ hops: n === '1' ? undefined : Number(n) })}
          />
          <IconButton label="Show everything" size="sm" onClick={() => onChange({ focus: undefined, hops: undefined })}>
            <X size={14} />
          </IconButton>
        </div>
      )}
      <span className={css.spacer} />
      <Popover
        label="How the map is drawn"
        trigger={
          <Button aria-label="How the map is drawn">
            <SlidersHorizontal size={14} aria-hidden="true" /> <span className={css.wide}>{versus !== undefined && versus !== '1d' ? `vs ${VERSUS_WORDS[versus].replace('the ', '')}` : scene.group === 'none' ? 'View' : `By ${GROUP_LABEL[scene.group].toLowerCase()}`}</span>
          </Button>
        }
      >
        <div className={css.options}>
          <label className={css.option}>
            <span>Group by</span>
            <select value={scene.group} onChange={(e) => onChange({ group: groupings.find((g) => g === e.target.value), open: undefined })}>
              {[...new Set([...groupings, scene.group])].map((g) => (
                <option key={g} value={g}>
                  {GROUP_LABEL[g]}
                </option>
              ))}
            </select>
          </label>
          <div className={css.option}>
            <span>Size</span>
            <Segmented label="Size" value={search.size ?? 'traffic'} options={SIZES.map((value) => ({ value, label: value }))} onChange={(size) => onChange({ size: size === 'traffic' ? undefined : size })} />
          </div>
          <div className={css.option}>
            <span>Colour</span>
            <Segmented
              label="Colour"
              value={versus !== undefined ? '' : (search.colour ?? 'health')}
              options={COLOURS.map((value) => ({ value, label: value }))}
              onChange={(colour) => onChange({ colour: colour === 'latency' ? colour : undefined, cmp: undefined })}
            />
          </div>
          <div className={css.option}>
            <span>Compare</span>
            <Segmented label="Compare with an earlier time" value={versus ?? 'off'} options={AGAINST} onChange={(cmp) => onChange({ cmp: VERSUS.find((v) => v === cmp), colour: undefined })} />
          </div>
          <Switch label="External hosts" checked={search.external !== 'off'} onChange={(on) => onChange({ external: on ? undefined : 'off' })} />
          <div className={css.optionActions}>
            <Button size="sm" aria-label="Save as PNG" onClick={() => onExport('png')}>
              <Download size={14} aria-hidden="true" /> PNG
            </Button>
            <Button size="sm" aria-label="Save as SVG" onClick={() => onExport('svg')}>
              <Download size={14} aria-hidden="true" /> SVG
            </Button>
            <Button size="sm" aria-label="Save as JSON" onClick={() => onExport('json')}>
              <Download size={14} aria-hidden="true" /> JSON
            </Button>
          </div>
        </div>
      </Popover>
      <Button pressed={search.view === 'list'} aria-label={search.view === 'list' ? 'Show the map' : 'Show as a list'} onClick={() => onChange({ view: search.view === 'list' ? undefined : 'list' })}>
        {search.view === 'list' ? <Share2 size={14} aria-hidden="true" /> : <List size={14} aria-hidden="true" />} <span className={css.wide}>{search.view === 'list' ? 'Map' : 'List'}</span>
      </Button>
    </div>
  )
}
