/** The breadcrumb of a page. */

export type Place = { route: string; name?: string; traceId?: string }
export type Crumb = { label: string; to?: '/traces' | '/services'; mono?: boolean }

export function crumbsOf(place: Place): Crumb[] {
  switch (place.route) {
    case '/map':
      return [{ label: 'Service map' }]
    case '/traces':
      return [{ label: 'Traces' }]
    case '/trace/$traceId':
      return [{ label: 'Traces', to: '/traces' }, { label: (place.traceId ?? '').slice(0, 8), mono: true }]
    case '/compare/$a/$b':
      return [{ label: 'Traces', to: '/traces' }, { label: 'Compare' }]
    case '/services':
      return [{ label: 'Services' }]
    case '/services/$name':
      return [{ label: 'Services', to: '/services' }, { label: place.name ?? '' }]
    case '/exceptions':
      return [{ label: 'Exceptions' }]
    case '/alerts':
      return [{ label: 'Alerts' }]
    case '/start':
      return [{ label: 'Get started' }]
    case '/status':
      return [{ label: 'Status' }]
    case '/settings':
      return [{ label: 'Settings' }]
    default:
      return [{ label: 'Sightline' }]
  }
}
