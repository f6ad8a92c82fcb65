/** A service in the time before, to compare with. */
import { useQuery } from '@tanstack/react-query'
import { type Scope, serviceQuery } from './hooks'

/** Asked for once the page's own figures have come; that the service was not there then is no failure. */
export function usePreviousService(name: string, scope: Scope, enabled: boolean) {
  return useQuery({ ...serviceQuery(name, scope), staleTime: 120_000, enabled, retry: false })
}
