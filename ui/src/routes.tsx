/** The one route table. Each page is its own chunk; its search parameters are declared in url.ts. */
import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { statusQuery } from './api/hooks'
import { homeOf } from './pure/health'
import { parseTraceId } from './pure/trace-id'
import { NotFound, PageError } from './shell/Problem'
import { Shell } from './shell/Shell'
import { decode, type Page, printSearch, readSearch } from './url'

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Shell, notFoundComponent: NotFound })

const validate =
  <P extends Page>(page: P) =>
  (raw: Record<string, unknown>) =>
    decode(page, raw).search

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: async ({ context, location }) => {
    // Where nothing was ever received a map would be empty. A server that does not answer says so on the map's page.
    const status = await context.queryClient.ensureQueryData(statusQuery()).catch(() => null)
    // What the address says goes along, of what the page there has; '/?env=prod' is the map of prod.
    const to = homeOf(status)
    const page = to === '/map' ? 'map' : to === '/start' ? 'start' : 'status'
    throw redirect({ to, search: decode(page, location.search).search, replace: true })
  },
})

const mapRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/map',
  validateSearch: validate('map'),
  component: lazyRouteComponent(() => import('./pages/map/MapPage'), 'MapPage'),
})

const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/traces',
  validateSearch: validate('traces'),
  component: lazyRouteComponent(() => import('./pages/traces/TracesPage'), 'TracesPage'),
})

const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/trace/$traceId',
  validateSearch: validate('trace'),
  beforeLoad: ({ params, search }) => {
    // X-Ray's spelling and upper case are accepted and written in the one spelling that caches and links share.
    const id = parseTraceId(params.traceId)
    if (id !== null && id !== params.traceId) throw redirect({ to: '/trace/$traceId', params: { traceId: id }, search, replace: true })
  },
  component: lazyRouteComponent(() => import('./pages/trace/TracePage'), 'TracePage'),
})

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/compare/$a/$b',
  validateSearch: validate('compare'),
  beforeLoad: ({ params, search }) => {
    const a = parseTraceId(params.a) ?? params.a
    const b = parseTraceId(params.b) ?? params.b
    if (a !== params.a || b !== params.b) throw redirect({ to: '/compare/$a/$b', params: { a, b }, search, replace: true })
  },
  component: lazyRouteComponent(() => import('./pages/compare/ComparePage'), 'ComparePage'),
})

const servicesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services',
  validateSearch: validate('services'),
  component: lazyRouteComponent(() => import('./pages/services/ServicesPage'), 'ServicesPage'),
})

const serviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services/$name',
  validateSearch: validate('service'),
  component: lazyRouteComponent(() => import('./pages/service/ServicePage'), 'ServicePage'),
})

const exceptionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/exceptions',
  validateSearch: validate('exceptions'),
  component: lazyRouteComponent(() => import('./pages/exceptions/ExceptionsPage'), 'ExceptionsPage'),
})

const alertsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts',
  validateSearch: validate('alerts'),
  component: lazyRouteComponent(() => import('./pages/alerts/AlertsPage'), 'AlertsPage'),
})

const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/start',
  validateSearch: validate('start'),
  component: lazyRouteComponent(() => import('./pages/start/StartPage'), 'StartPage'),
})

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  validateSearch: validate('settings'),
  component: lazyRouteComponent(() => import('./pages/settings/SettingsPage'), 'SettingsPage'),
})

const statusRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/status',
  validateSearch: validate('status'),
  component: lazyRouteComponent(() => import('./pages/status/StatusPage'), 'StatusPage'),
})

const routeTree = rootRoute.addChildren([
  homeRoute,
  mapRoute,
  tracesRoute,
  traceRoute,
  compareRoute,
  servicesRoute,
  serviceRoute,
  exceptionsRoute,
  alertsRoute,
  startRoute,
  settingsRoute,
  statusRoute,
])

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch: readSearch,
    stringifySearch: printSearch,
    defaultPreload: 'intent',
    defaultPreloadDelay: 60,
    defaultErrorComponent: PageError,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
