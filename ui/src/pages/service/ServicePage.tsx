import { getRouteApi, Link } from '@tanstack/react-router'
import { Waypoints } from 'lucide-react'
import { useState } from 'react'
import { usePreviousServices, useService } from '../../api/hooks'
import { usePreviousService } from '../../api/previous'
import type { Apdex, Service, Stats } from '../../api/types'
import { useScope, useSetRange, useShared } from '../../nav'
import { hueOf } from '../../pure/colour'
import { formatDuration, formatPercent, formatRate, plural } from '../../pure/format'
import { nodeIdOf } from '../../pure/neighbours'
import { ApiError } from '../../pure/problem'
import { quoteValue } from '../../pure/query'
import { changeOf, failedShare, typeLabel } from '../../pure/red'
import { previous, zoomOut } from '../../pure/time'
import { Button } from '../../widgets/Button'
import { ApdexScore } from '../../widgets/ApdexScore'
import { Figure } from '../../widgets/Figure'
import { ServiceName } from '../../widgets/ServiceName'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { Tabs } from '../../widgets/Tabs'
import { useNow } from '../../widgets/useNow'
import { Charts } from './Charts'
import { Dependencies } from './Dependencies'
import { Deployments } from './Deployments'
import { Exceptions } from './Exceptions'
import { Headline } from './Headline'
import { Instances } from './Instances'
import { Operations } from './Operations'
import { ServiceAlerts } from './ServiceAlerts'
import { ServiceTraces } from './ServiceTraces'
import { VersionLane } from './VersionLane'
import css from './ServicePage.module.css'

const route = getRouteApi('/services/$name')

export function ServicePage() {
  const { name } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const scope = useScope()
  const now = useNow(60_000)
  const service = useService(name, scope)
  const past = { ...scope, range: previous(scope.range, now), live: false }
  // The list answers for a time in which this service did not exist, too.
  const list = usePreviousServices(past, service.data !== undefined)
  const earlier = usePreviousService(name, past, list.data?.services.some((s) => s.name === name) === true)
  const [hover, setHover] = useState<number | null>(null)
  const data = service.data
  if (service.isPending) return <Loading name={name} />
  if (service.error instanceof ApiError && service.error.status === 404) return <Silent name={name} />
  if (data === undefined) return service.error === null ? null : <ErrorState page error={service.error} retry={() => void service.refetch()} />
  return (
    <div className={css.page}>
      <Header service={data} />
      {service.error !== null && <Notice tone="warn" action={<Button size="sm" onClick={() => void service.refetch()}>Try again</Button>}>The figures could not be renewed: {service.error.message}</Notice>}
      <Stale stale={service.isPlaceholderData} className={css.body}>
        <ServiceAlerts service={data} scope={scope} />
        <Headline service={data} />
        <Figures stats={data.stats} before={earlier.data?.stats} apdex={data.apdex ?? null} />
        <VersionLane service={data} hover={hover} onHover={setHover} />
        <Charts service={data} before={earlier.data?.series} hover={hover} onHover={setHover} />
        <Tabs
          label="About this service"
          value={search.tab ?? 'operations'}
          onChange={(tab) => void navigate({ search: (s) => ({ ...s, tab: tab === 'operations' ? undefined : tab }), replace: true })}
          tabs={[
            { id: 'operations', label: 'Operations', panel: <Operations service={data} scope={scope} /> },
            { id: 'dependencies', label: 'Dependencies', panel: <Dependencies service={data} scope={scope} /> },
            { id: 'deployments', label: data.deployments.length > 0 ? `Deployments ${data.deployments.length}` : 'Deployments', panel: <Deployments service={data} /> },
            { id: 'instances', label: 'Instances', panel: <Instances service={name} scope={scope} /> },
            { id: 'exceptions', label: 'Exceptions', panel: <Exceptions service={name} scope={scope} /> },
            { id: 'traces', label: 'Traces', panel: <ServiceTraces service={data} scope={scope} /> },
          ]}
        />
      </Stale>
    </div>
  )
}

function Header({ service }: { service: Service }) {
  const shared = useShared()
  const q = `service = ${quoteValue(service.name)}`
  const node = nodeIdOf(service)
  const facts = [service.namespace, service.env, typeLabel(service.type), service.versions.length > 0 ? plural(service.versions.length, 'version') : ''].filter((f) => f !== '')
  return (
    <header className={css.header}>
      <div className={css.title}>
        <h1>
          <ServiceName name={service.name} hue={hueOf(service.name)} />
        </h1>
        <p className={css.facts}>{facts.join(' · ')}</p>
      </div>
      <nav className={css.links} aria-label="Elsewhere">
        <Link to="/traces" search={{ ...shared, q }}>
          Traces
        </Link>
        <Link to="/traces" search={{ ...shared, q: `${q} and class != ok` }}>
          Failed traces
        </Link>
        <Link to="/map" search={{ ...shared, focus: node ?? undefined }}>
          On the map
        </Link>
      </nav>
    </header>
  )
}

/** Below these a change is no news. */
const FELT_NS = 5e6
const FELT_SHARE = 0.005

function Figures({ stats, before, apdex }: { stats: Stats; before: Stats | undefined; apdex: Apdex | null }) {
  const failed = failedShare(stats)
  return (
    <dl className={css.figures}>
      <Figure label="Requests" value={formatRate(stats.rate)} change={changeOf(stats.rate, before?.rate, 'neutral')} />
      <Figure label="Failed" value={formatPercent(failed)} tone={failed >= 0.01 ? 'fault' : undefined} change={changeOf(failed, before && failedShare(before), 'worse', FELT_SHARE)} />
      <Figure label="p50" value={formatDuration(stats.p50_ns)} change={changeOf(stats.p50_ns, before?.p50_ns, 'worse', FELT_NS)} />
      <Figure label="p95" value={formatDuration(stats.p95_ns)} change={changeOf(stats.p95_ns, before?.p95_ns, 'worse', FELT_NS)} />
      <Figure label="p99" value={formatDuration(stats.p99_ns)} change={changeOf(stats.p99_ns, before?.p99_ns, 'worse', FELT_NS)} />
      {apdex !== null && (
        <Figure label="Apdex" value={<ApdexScore apdex={apdex} />} />
      )}
    </dl>
  )
}

/** The server does not know the name in this time: gone, asleep, or never there. */
function Silent({ name }: { name: string }) {
  const shared = useShared()
  const scope = useScope()
  const setRange = useSetRange()
  return (
    <Empty
      page
      icon={<Waypoints size={22} />}
      title={`Nothing was heard of ${name}`}
      actions={
        <>
          <Button onClick={() => setRange(zoomOut(scope.range, Date.now()))}>Look at twice the time</Button>
          <Link to="/services" search={shared} className={css.all}>
            All services
          </Link>
        </>
      }
    >
      It sent no span in this time range{scope.env === undefined ? '' : ` in ${scope.env}`}.
    </Empty>
  )
}

function Loading({ name }: { name: string }) {
  return (
    <div className={css.page}>
      <header className={css.header}>
        <div className={css.title}>
          <h1>
            <ServiceName name={name} hue={hueOf(name)} />
          </h1>
        </div>
      </header>
      <div className={css.body}>
        <Skeleton height={46} width="60%" />
        <Skeleton height={190} />
        <Skeleton height={32} rows={6} />
      </div>
    </div>
  )
}
