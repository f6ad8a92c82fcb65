import { describe, expect, it } from 'vitest'
import { decode, type Page, PAGES, pageOfRoute, printSearch, rangeOfSearch, readSearch, sharedOf } from './url'

/** URL -> search -> URL must be the same view, and search -> URL -> search the same search. */
function roundTrip(page: Page, search: Record<string, unknown>): void {
  const printed = printSearch(search)
  const again = decode(page, readSearch(printed))
  expect(again.problems, printed).toEqual([])
  expect(again.search, printed).toEqual(search)
  const canonical = printSearch(again.search)
  expect(printSearch(decode(page, readSearch(canonical)).search)).toBe(canonical)
}

describe('the codec, both ways', () => {
  it('keeps what each page shows', () => {
    roundTrip('traces', { from: 'now-3h', q: 'service = "a b" and name = "x&y=z#1+2" or résumé', env: 'prod', live: true })
    roundTrip('traces', { from: '1795300000000', to: '1795300060000', facets: 'off', chart: 'off' })
    roundTrip('traces', { view: 'spans', cols: ['http.route', 'a,b'], brush: [1795300000000, 1795300060000, 0, 2_000_000_000], cmp: 'brush', base: 'query', bq: 'env = b', ids: true, mark: ['a', 'b'], sort: 'duration' })
    roundTrip('trace', { span: '00f067aa0ba902b7', zoom: [0, 12_000_000], hide: ['a,b', '100%', 'c%2Cd'], show: 'errors', view: 'flame' })
    roundTrip('map', { focus: 'service/prod/checkout/AWS::ECS::Container', hops: 3, errors: true, sel: 'e:a>b' })
    roundTrip('services', { q: 'check out', sort: 'p95', dir: 'asc' })
    roundTrip('alerts', { rule: 'High error rate', service: 'cart', state: 'ended' })
    roundTrip('map', { alerts: true })
    roundTrip('service', { tab: 'dependencies', sort: 'error' })
    roundTrip('services', { group: 'team', sort: 'deployed' })
    roundTrip('service', { tab: 'deployments', op: 'GET /a,b', kind: 'server' })
    roundTrip('settings', { tab: 'retention' })
    roundTrip('start', { with: 'xray', service: 'shop front' })
  })

  it('keeps random searches of every page', () => {
    let seed = 7
    const random = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n
    const letters = ['a', 'Z', '0', ' ', '"', '&', '=', '+', '%', ',', '/', ':', '#', '?', 'é', '🚀', '\\']
    const word = () => Array.from({ length: 1 + random(12) }, () => letters[random(letters.length)]).join('')
    for (let i = 0; i < 400; i++) {
      const pages = Object.keys(PAGES).filter((p): p is Page => p in PAGES)
      const page = pages[random(pages.length)]
      const search: Record<string, unknown> = {}
      for (const name of Object.keys(PAGES[page])) {
        if (random(2) === 0) continue
        if (name === 'from') search.from = `now-${2 + random(50)}h`
        else if (name === 'to') search.to = 'now-1h'
        else if (name === 'live' || name === 'errors') search[name] = true
        else if (name === 'hops') search[name] = 1 + random(10)
        else if (name === 'zoom') search[name] = [random(1000), 1000 + random(1000)]
        else if (name === 'hide') search[name] = [word().trim() || 'x', word()]
        else if (['q', 'env', 'focus', 'sel', 'namespace', 'op', 'span', 'start', 'end', 'tab'].includes(name) && PAGES[page] !== PAGES.service && !(name === 'tab' && page === 'settings')) search[name] = word()
      }
      roundTrip(page, search)
    }
  })
})

it('leaves defaults and nothing out of the URL', () => {
  expect(printSearch(decode('traces', { from: 'now-1h', to: 'now', q: '' }).search)).toBe('')
  expect(printSearch({ a: undefined, b: null, c: false, d: '' })).toBe('')
})

it('drops what a page does not know, silently', () => {
  expect(decode('services', { utm_source: 'mail', q: 'x' })).toEqual({ search: { q: 'x' }, problems: [] })
})

it('names what it could not read and shows the default', () => {
  const { search, problems } = decode('map', { hops: '99', view: 'poster', from: 'sometime', focus: 'a' })
  expect(search).toEqual({ focus: 'a' })
  expect(problems).toEqual(['from=sometime', 'hops=99', 'view=poster'])
})

it('reads typed searches again, as links hand them over', () => {
  expect(decode('trace', { zoom: [1, 2], hide: ['a'], live: true }).search).toEqual({ zoom: [1, 2], hide: ['a'], live: true })
})

it('keeps links readable', () => {
  expect(printSearch({ focus: 'service/prod/web', q: 'a b' })).toBe('?focus=service/prod/web&q=a+b')
})

it('takes the first of a repeated name', () => {
  expect(readSearch('?q=1&q=2&')).toEqual({ q: '1' })
})

it('hands the shared part to other pages', () => {
  expect(sharedOf({ from: 'now-3h', env: 'prod' })).toEqual({ from: 'now-3h', to: undefined, env: 'prod', live: undefined })
  expect(rangeOfSearch({})).toEqual({ from: 'now-1h', to: 'now' })
  expect(rangeOfSearch({ from: 'now-3h' })).toEqual({ from: 'now-3h', to: 'now' })
})

it('knows the parameters of each route', () => {
  expect(pageOfRoute('/trace/$traceId')).toBe('trace')
  expect(pageOfRoute('/services/$name')).toBe('service')
  expect(pageOfRoute('/settings')).toBe('settings')
  expect(pageOfRoute('/status')).toBe('status')
  expect(pageOfRoute('/')).toBeNull()
})
