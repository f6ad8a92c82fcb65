import { getRouteApi } from '@tanstack/react-router'
import { Bug, Search, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { type ExceptionSort, useExceptions } from '../../api/exceptions'
import { useStatus } from '../../api/hooks'
import { useScope, useSetRange } from '../../nav'
import { plural } from '../../pure/format'
import { noSpans } from '../../pure/health'
import { describeRange, zoomOut } from '../../pure/time'
import { Button } from '../../widgets/Button'
import { useHotkeys } from '../../widgets/hotkeys'
import { Input } from '../../widgets/Input'
import { Segmented } from '../../widgets/Segmented'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import { ExceptionPanel } from './ExceptionPanel'
import { ExceptionList } from './ExceptionList'
import css from './ExceptionsPage.module.css'

const route = getRouteApi('/exceptions')
const SORT: readonly { value: ExceptionSort; label: string }[] = [
  { value: 'count', label: 'Most' },
  { value: 'last_seen', label: 'Latest' },
  { value: 'first_seen', label: 'Newest' },
]

export function ExceptionsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const scope = useScope()
  const setRange = useSetRange()
  const now = useNow(60_000)
  const status = useStatus()
  const sort = search.sort ?? 'count'
  const q = search.q ?? ''
  const [typed, setTyped] = useState(q)
  const [given, setGiven] = useState(q)
  if (given !== q) {
    setGiven(q)
    if (typed.trim() !== q) setTyped(q)
  }
  const found = useExceptions({ q: search.q, service: search.service, sort: search.sort }, scope)
  const field = useRef<HTMLInputElement>(null)
  useHotkeys('Exceptions', [{ keys: '/', label: 'Filter', run: () => field.current?.focus() }])
  const type = (text: string) => {
    setTyped(text)
    setGiven(text.trim())
    void navigate({ search: (s) => ({ ...s, q: text.trim() === '' ? undefined : text.trim() }), replace: true })
  }
  const clear = () => {
    setTyped('')
    void navigate({ search: (s) => ({ ...s, q: undefined, service: undefined }), replace: true })
  }
  const pages = found.data?.pages
  const groups = pages?.flatMap((p) => p.exceptions) ?? []
  const nothing = () => {
    if (search.q !== undefined || search.service !== undefined) {
      return (
        <Empty title="No exception matches" actions={<Button onClick={clear}>Clear the filter</Button>}>
          {search.service === undefined ? '' : `Of ${search.service}, `}
          {describeRange(scope.range, now)}.
        </Empty>
      )
    }
    if (noSpans(status.data)) {
      return (
        <Empty icon={<Bug size={22} />} title="No span has ever arrived" actions={<Button look="primary" onClick={() => void navigate({ to: '/start' })}>Send the first one</Button>}>
          Exceptions that spans record are grouped here.
        </Empty>
      )
    }
    return (
      <Empty icon={<Bug size={22} />} title="No exceptions in this time" actions={<Button onClick={() => setRange(zoomOut(scope.range, Date.now()))}>Look at twice the time</Button>}>
        No span recorded one in: {describeRange(scope.range, now)}
        {scope.env === undefined ? '' : `, environment ${scope.env}`}. SDKs record them as events named <code>exception</code>.
      </Empty>
    )
  }
  const body = () => {
    if (found.isPending) return <Skeleton height={40} rows={8} gap={16} />
    if (pages === undefined) return found.error === null ? null : <ErrorState error={found.error} retry={() => void found.refetch()} />
    if (groups.length === 0) return nothing()
    return (
      <Stale stale={found.isPlaceholderData}>
        {found.error !== null && <Notice tone="warn" action={<Button size="sm" onClick={() => void found.refetch()}>Try again</Button>}>The list could not be renewed: {found.error.message}</Notice>}
        {!pages[0].complete && <Notice>There are more than 10,000 groups; those with fewest exceptions are left out.</Notice>}
        <ExceptionList groups={groups} search={search} service={search.service === undefined} />
        {found.hasNextPage && (
          <div className={css.more}>
            <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </Stale>
    )
  }
  return (
    <div className={css.screen}>
      <div className={css.page}>
        <h1 className="visually-hidden">Exceptions</h1>
        <div className={css.bar}>
          <Input ref={field} label="Filter exceptions" icon={<Search size={15} />} placeholder="Filter by type, message, place" value={typed} onChange={(e) => type(e.target.value)} className={css.filter} />
          {search.service !== undefined && (
            <Button onClick={() => void navigate({ search: (s) => ({ ...s, service: undefined }), replace: true })} aria-label={`Exceptions of all services, not of ${search.service} alone`}>
              {search.service} <X size={14} />
            </Button>
          )}
          <p className={css.count}>{pages === undefined ? '' : plural(pages[0].groups, 'group')}</p>
          <Segmented label="First" value={sort} options={SORT} onChange={(by) => void navigate({ search: (s) => ({ ...s, sort: by === 'count' ? undefined : by }), replace: true })} />
        </div>
        {body()}
      </div>
      {search.sel !== undefined && <ExceptionPanel key={search.sel} fingerprint={search.sel} scope={scope} onClose={() => void navigate({ search: (s) => ({ ...s, sel: undefined }) })} />}
    </div>
  )
}
