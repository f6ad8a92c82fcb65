import type { Scope } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import type { Alarm } from '../../pure/alerts'
import type { Pick } from '../../pure/mapQuery'
import type { SharedSearch } from '../../url'
import type { Before } from './useCompared'

/** What every panel of the map is told. */
export interface PanelView {
  readonly map: ServiceMap
  /** the range of the page: what lines over time show */
  readonly whole: Scope
  /** the range in view, which may be a moment: what figures and searches are about */
  readonly scope: Scope
  /** the moment as shares of the whole range; null when all of it is in view */
  readonly mark: readonly [number, number] | null
  /** what links to other pages take along */
  readonly shared: SharedSearch
  /** the earlier time that is compared with; null where none is */
  readonly before: Before | null
  /** words on deployments in view, by node */
  readonly deployed: ReadonlyMap<string, string>
  /** alerts in view, by node */
  readonly alarms: ReadonlyMap<string, Alarm>
  /** these are of a time that is over */
  readonly past: boolean
  readonly pick: Pick
  readonly onPick: (pick: Pick) => void
  readonly onSelect: (sel: string | undefined) => void
}
