import { Link } from '@tanstack/react-router'
import { Radar } from 'lucide-react'
import { useMap, useStatus } from '../../api/hooks'
import { useScope, useShared } from '../../nav'
import { noSpans } from '../../pure/health'
import { Empty, ErrorState, Skeleton, Stale } from '../../widgets/States'
import { MapScreen } from './MapScreen'
import css from './MapPage.module.css'

/** The map of the range, or why there is none. */
export function MapPage() {
  const scope = useScope()
  const map = useMap(scope)
  if (map.data === undefined) {
    if (map.error) return <ErrorState page error={map.error} retry={() => void map.refetch()} />
    return (
      <div className={css.loading}>
        <Skeleton height={64} rows={4} gap={40} width="60%" />
      </div>
    )
  }
  return (
    <Stale stale={map.isPlaceholderData} className={css.fill}>
      {map.data.nodes.length === 0 ? <NoMap /> : <MapScreen whole={map.data} settled={!map.isPlaceholderData} scope={scope} error={map.error} retry={() => void map.refetch()} />}
    </Stale>
  )
}

function NoMap() {
  const status = useStatus()
  const shared = useShared()
  if (noSpans(status.data)) {
    return (
      <Empty page icon={<Radar size={22} />} title="No span has arrived yet" actions={<Link to="/start" search={shared}>Send the first one</Link>}>
        The map draws itself from traces: every service that sends spans, and everything that they call.
      </Empty>
    )
  }
  const narrowed = shared.env !== undefined || shared.namespace !== undefined
  return (
    <Empty
      page
      icon={<Radar size={22} />}
      title="No requests in this time range"
      actions={
        <>
          <Link to="/map" search={{ ...shared, from: 'now-1d', to: undefined }}>Look at the last day</Link>
          {narrowed && <Link to="/map" search={{ ...shared, env: undefined, namespace: undefined }}>Look at all environments</Link>}
        </>
      }
    >
      {narrowed ? `Nothing was received from ${[shared.env, shared.namespace].filter(Boolean).join(', ')} in this time.` : 'Spans have arrived, but none in this time.'}
      {status.data && ` Traces are kept for ${status.data.retention.traces_days} days.`}
    </Empty>
  )
}
