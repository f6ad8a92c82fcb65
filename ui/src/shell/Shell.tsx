import { Outlet, useMatches, useNavigate, useRouterState } from '@tanstack/react-router'
import { useIsFetching, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useAlertsNow } from '../api/alerts'
import { useStatus } from '../api/hooks'
import { usePatchShared, useSetRange, useShared } from '../nav'
import { crumbsOf, type Place } from '../pure/crumbs'
import { ApiError } from '../pure/problem'
import { shift, zoomOut } from '../pure/time'
import { decode, pageOfRoute, rangeOfSearch, readSearch, TIMELESS } from '../url'
import { notify, Toasts } from '../widgets/Toast'
import { useHotkeys } from '../widgets/hotkeys'
import { Rail } from './Rail'
import { copyLink } from './share'
import { TopBar } from './TopBar'
import css from './Shell.module.css'

// Not part of the first paint, so not part of the first download.
const Palette = lazy(async () => ({ default: (await import('./Palette')).Palette }))
const HelpSheet = lazy(async () => ({ default: (await import('./HelpSheet')).HelpSheet }))
const Login = lazy(async () => ({ default: (await import('./Login')).Login }))

/** True from the first time that `on` was: what was opened once stays mounted, so that it can close in style. */
function useEver(on: boolean): boolean {
  const [ever, setEver] = useState(on)
  if (on && !ever) setEver(true)
  return ever || on
}

/** Where the page in view stands: the deepest route that matches. */
function usePlace(): Place {
  return useMatches({
    select: (matches) => {
      const match = matches[matches.length - 1]
      // The params of a union of routes cannot be told apart here; crumbsOf looks at the names it knows.
      const params: Record<string, string | undefined> = match.params
      return { route: match.routeId, name: params.name, traceId: params.traceId }
    },
    structuralSharing: true,
  })
}

/** Says which parameters of the address could not be read; what is shown is then the default. */
function useUnreadable(place: Place): void {
  const query = useRouterState({ select: (s) => s.location.searchStr })
  const page = pageOfRoute(place.route)
  const problems = page === null ? '' : decode(page, readSearch(query)).problems.join(', ')
  useEffect(() => {
    if (problems !== '') notify(`Part of this address could not be read and was left out: ${problems}`)
  }, [problems])
}

function isTimed(route: string): boolean {
  const page = pageOfRoute(route)
  return page !== null && !TIMELESS.includes(page)
}

export function Shell() {
  const place = usePlace()
  const shared = useShared()
  const range = rangeOfSearch(shared)
  const setRange = useSetRange()
  const patch = usePatchShared()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const fetching = useIsFetching() > 0
  const status = useStatus(60_000)
  const alerts = useAlertsNow(shared.live)
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  const [picking, setPicking] = useState(false)
  const everPalette = useEver(palette)
  const everHelp = useEver(help)
  useUnreadable(place)

  const crumbs = crumbsOf(place)
  const title = crumbs.map((c) => c.label).reverse().join(' · ')
  useEffect(() => {
    document.title = `${title} · Sightline`
  }, [title])

  const refresh = () => void queryClient.invalidateQueries()
  const go = (to: '/map' | '/traces' | '/services' | '/exceptions' | '/alerts' | '/status' | '/settings') => () => void navigate({ to, search: shared })
  useHotkeys('Everywhere', [
    { keys: 'mod+k', label: 'Go to anything', run: () => setPalette((open) => !open), inFields: true },
    { keys: 'g m', label: 'Service map', run: go('/map') },
    { keys: 'g t', label: 'Traces', run: go('/traces') },
    { keys: 'g s', label: 'Services', run: go('/services') },
    { keys: 'g e', label: 'Exceptions', run: go('/exceptions') },
    { keys: 'g a', label: 'Alerts', run: go('/alerts') },
    { keys: 'g h', label: 'Status', run: go('/status') },
    { keys: 'g i', label: 'Settings', run: go('/settings') },
    { keys: 't', label: 'Change the time range', run: () => setPicking(true) },
    { keys: ',', label: 'Earlier by half the range', run: () => setRange(shift(range, -1, Date.now())) },
    { keys: '.', label: 'Later by half the range', run: () => setRange(shift(range, 1, Date.now())) },
    { keys: '-', label: 'Zoom out in time', run: () => setRange(zoomOut(range, Date.now())) },
    { keys: 'r', label: 'Refresh', run: refresh },
    { keys: 'shift+l', label: 'Live on or off', run: () => patch({ live: shared.live === true ? undefined : true }) },
    { keys: 'y', label: 'Copy a link to this view', run: () => void copyLink(range) },
    { keys: '?', label: 'This sheet', run: () => setHelp(true) },
  ])

  if (status.error instanceof ApiError && status.error.status === 401) {
    return (
      <Suspense>
        <Login onDone={refresh} />
      </Suspense>
    )
  }
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">
        Skip to content
      </a>
      <Rail route={place.route} shared={shared} status={status.data} alerts={alerts.data} onHelp={() => setHelp(true)} />
      <div className={css.column}>
        <TopBar
          crumbs={crumbs}
          shared={shared}
          timed={isTimed(place.route)}
          fetching={fetching}
          picking={picking}
          onPicking={setPicking}
          onPalette={() => setPalette(true)}
          onRefresh={refresh}
        />
        <main id="content" className={css.content} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Suspense>
        {everPalette && <Palette open={palette} onOpenChange={setPalette} onHelp={() => setHelp(true)} />}
        {everHelp && <HelpSheet open={help} onOpenChange={setHelp} />}
      </Suspense>
      <Toasts />
    </div>
  )
}
