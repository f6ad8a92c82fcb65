import { Link } from '@tanstack/react-router'
import { Radio, RefreshCw, Search } from 'lucide-react'
import { usePatchShared } from '../nav'
import type { Crumb } from '../pure/crumbs'
import { rangeOfSearch, type SharedSearch } from '../url'
import { Button, IconButton } from '../widgets/Button'
import { Keys } from '../widgets/Keys'
import { Tooltip } from '../widgets/Tooltip'
import { RangePicker } from './RangePicker'
import { ScopePicker } from './ScopePicker'
import { Share } from './Share'
import css from './TopBar.module.css'

type Props = {
  crumbs: readonly Crumb[]
  shared: SharedSearch
  /** Whether the page is about a stretch of time. */
  timed: boolean
  fetching: boolean
  picking: boolean
  onPicking: (open: boolean) => void
  onPalette: () => void
  onRefresh: () => void
}

export function TopBar({ crumbs, shared, timed, fetching, picking, onPicking, onPalette, onRefresh }: Props) {
  const patch = usePatchShared()
  const range = rangeOfSearch(shared)
  const live = shared.live === true
  return (
    <header className={css.bar}>
      <nav aria-label="Breadcrumb" className={css.crumbs}>
        <ol>
          {crumbs.map((c, i) => (
            <li key={i} aria-current={i === crumbs.length - 1 ? 'page' : undefined}>
              {c.to === undefined ? (
                <span className={css.current}>{c.mono === true ? <code>{c.label}</code> : c.label}</span>
              ) : (
                <Link to={c.to} search={shared}>
                  {c.label}
                </Link>
              )}
            </li>
          ))}
        </ol>
      </nav>
      <button type="button" className={css.palette} onClick={onPalette} aria-label="Go to anything">
        <Search size={15} />
        <span className={css.hint}>Service, operation or trace id</span>
        <span className={css.keys}>
          <Keys keys="mod+k" />
        </span>
      </button>
      {timed && (
        <div className={css.controls}>
          <ScopePicker shared={shared} />
          <RangePicker range={range} open={picking} onOpenChange={onPicking} />
          <div className={css.pair}>
            <IconButton label="Refresh" keys="r" onClick={onRefresh}>
              <RefreshCw size={15} className={fetching ? css.turning : undefined} />
            </IconButton>
            <Tooltip content={live ? 'Asks again every 5 s' : 'Ask again every 5 s'} keys="shift+l">
              <Button look="quiet" pressed={live} onClick={() => patch({ live: live ? undefined : true })} className={css.live} aria-label="Live">
                <Radio size={15} />
                <span>Live</span>
              </Button>
            </Tooltip>
          </div>
          <Share range={range} />
        </div>
      )}
    </header>
  )
}
