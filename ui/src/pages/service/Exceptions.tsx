import { Link } from '@tanstack/react-router'
import { useExceptions } from '../../api/exceptions'
import type { Scope } from '../../api/hooks'
import { useShared } from '../../nav'
import { Empty, ErrorState, Skeleton, Stale } from '../../widgets/States'
import { ExceptionList } from '../exceptions/ExceptionList'

/** The service's exceptions by group; one opens where all are. */
export function Exceptions({ service, scope }: { service: string; scope: Scope }) {
  const found = useExceptions({ service }, scope)
  const shared = useShared()
  if (found.data === undefined) return found.error === null ? <Skeleton height={40} rows={5} /> : <ErrorState error={found.error} retry={() => void found.refetch()} />
  const groups = found.data.pages[0].exceptions
  if (groups.length === 0) {
    return (
      <Empty title="No exceptions in this time">
        Its spans recorded no event named <code>exception</code>.
      </Empty>
    )
  }
  return (
    <Stale stale={found.isPlaceholderData}>
      <ExceptionList groups={groups} search={{ ...shared, service }} service={false} />
      {found.hasNextPage && (
        <p>
          <Link to="/exceptions" search={{ ...shared, service }}>
            All {found.data.pages[0].groups} groups
          </Link>
        </p>
      )}
    </Stale>
  )
}
