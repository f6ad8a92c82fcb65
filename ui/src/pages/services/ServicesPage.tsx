import { getRouteApi } from '@tanstack/react-router'
import { Search, Waypoints } from 'lucide-react'
import { useDeferredValue, useMemo, useRef, useState } from 'react'
import { useAlertsOf } from '../../api/alerts'
import { usePreviousServices, useServices, useStatus } from '../../api/hooks'
import { useScope, useSetRange } from '../../nav'
import { alarmOf, alertsInView, isAbout } from '../../pure/alerts'
import { plural } from '../../pure/format'
import { noSpans } from '../../pure/health'
import { filterRows, firstDir, type Grouping, groupRows, rowKey, type SortKey, sortRows } from '../../pure/red'
import { describeRange, previous, zoomOut } from '../../pure/time'
import { Button } from '../../widgets/Button'
import { useHotkeys } from '../../widgets/hotkeys'
import { Input } from '../../widgets/Input'
import { Segmented } from '../../widgets/Segmented'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import { ServiceTable } from './ServiceTable'
import css from './ServicesPage.module.css'

const route = getRouteApi('/services')
const GROUPS: readonly { value: Grouping | 'none'; label: string }[] = [
  { value: 'none', label: 'One list' },
  { value: 'namespace', label: 'Namespace' },
  { value: 'team', label: 'Team' },
  { value: 'env', label: 'Environment' },
]

export function ServicesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const scope = useScope()
  const setRange = useSetRange()
  const now = useNow(60_000)
  const services = useServices(scope)
  const before = usePreviousServices({ ...scope, range: previous(scope.range, now), live: false }, services.data !== undefined)
  const status = useStatus()
  const sort = search.sort ?? 'rate'
  const dir = search.dir ?? firstDir(sort)
  const q = search.q ?? ''
  // The field answers at once; the URL follows when there is time.
  const [typed, setTyped] = useState(q)
  const [given, setGiven] = useState(q)
  if (given !== q) {
    setGiven(q)
    if (typed.trim() !== q) setTyped(q)
  }
  const words = useDeferredValue(typed)
  const all = services.data?.services
  const rows = useMemo(() => sortRows(filterRows(all ?? [], words), sort, dir), [all, words, sort, dir])
  const items = useMemo(() => groupRows(rows, search.group), [rows, search.group])
  const { alerts, past } = useAlertsOf(scope.range, now, scope.live)
  const alarms = useMemo(() => {
    const some = alertsInView(alerts, past)
    return new Map((all ?? []).flatMap((s) => {
      const alarm = some.length === 0 ? null : alarmOf(some.filter((a) => isAbout(a.target, { ...s, kind: 'service' })), past)
      return alarm === null ? [] : [[rowKey(s), alarm] as const]
    }))
  }, [all, alerts, past])
  const earlier = useMemo(() => new Map(before.data?.services.map((s) => [rowKey(s), s.stats])), [before.data])
  const field = useRef<HTMLInputElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  useHotkeys('Services', [{ keys: '/', label: 'Filter', run: () => field.current?.focus() }])

  const sortBy = (key: SortKey) =>
    void navigate({
      search: (s) => ({ ...s, sort: key === 'rate' ? undefined : key, dir: key === sort && dir === firstDir(key) ? (dir === 'asc' ? 'desc' : 'asc') : undefined }),
      replace: true,
    })
  const type = (text: string) => {
    setTyped(text)
    setGiven(text.trim())
    void navigate({ search: (s) => ({ ...s, q: text.trim() === '' ? undefined : text.trim() }), replace: true })
  }
  const body = () => {
    if (services.isPending) return <Skeleton height={36} rows={9} gap={16} />
    if (all === undefined) return services.error === null ? null : <ErrorState error={services.error} retry={() => void services.refetch()} />
    if (all.length === 0) {
      return noSpans(status.data) ? (
        <Empty icon={<Waypoints size={22} />} title="No span has ever arrived" actions={<Button look="primary" onClick={() => void navigate({ to: '/start' })}>Send the first one</Button>}>
          A service appears here with its first span.
        </Empty>
      ) : (
        <Empty icon={<Waypoints size={22} />} title="No service was heard of in this time" actions={<Button onClick={() => setRange(zoomOut(scope.range, Date.now()))}>Look at twice the time</Button>}>
          Nothing was received in: {describeRange(scope.range, now)}
          {scope.env === undefined ? '' : `, environment ${scope.env}`}.
        </Empty>
      )
    }
    if (rows.length === 0) return <Empty title="No service matches" actions={<Button onClick={() => type('')}>Clear the filter</Button>}>{plural(all.length, 'service')} in this time range.</Empty>
    return (
      <Stale stale={services.isPlaceholderData}>
        {services.error !== null && <Notice tone="warn" action={<Button size="sm" onClick={() => void services.refetch()}>Try again</Button>}>The list could not be renewed: {services.error.message}</Notice>}
        <ServiceTable items={items} alarms={alarms} earlier={earlier} sort={sort} dir={dir} onSort={sortBy} scroller={scroller} scope={scope} />
      </Stale>
    )
  }
  return (
    <div ref={scroller} className={css.page}>
      <h1 className="visually-hidden">Services</h1>
      <div className={css.bar}>
        <Input ref={field} label="Filter services" icon={<Search size={15} />} placeholder="Filter by name, team, version, type" value={typed} onChange={(e) => type(e.target.value)} className={css.filter} />
        {all !== undefined && <p className={css.count}>{rows.length === all.length ? plural(all.length, 'service') : `${rows.length} of ${plural(all.length, 'service')}`}</p>}
        <Segmented label="Group by" value={search.group ?? 'none'} options={GROUPS} onChange={(by) => void navigate({ search: (s) => ({ ...s, group: by === 'none' ? undefined : by }), replace: true })} />
      </div>
      {body()}
    </div>
  )
}
