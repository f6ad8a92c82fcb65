import { getRouteApi } from '@tanstack/react-router'

const route = getRouteApi('/trace/$traceId')

export function TracePage() {
  const { traceId } = route.useParams()
  return <h1>Trace {traceId}</h1>
}
