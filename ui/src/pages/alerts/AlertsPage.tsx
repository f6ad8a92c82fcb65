import { getRouteApi } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { type Alerts, useAlertsIn, useAlertsNow } from '../../api/alerts'
import { useMap } from '../../api/hooks'
import { useScope, useShared } from '../../nav'
import { inScope, pastOf } from '../../pure/alerts'
import { choose, endedIn, type Shown } from '../../pure/alertPage'
import { plural } from '../../pure/format'
import { describeRange } from '../../pure/time'
import { Button } from '../../widgets/Button'
import { useHotkeys } from '../../widgets/hotkeys'
import { Segmented } from '../../widgets/Segmented'
import { ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import { AlertTable } from './AlertTable'
import { Calm, NoMatch, NoRules } from './Quiet'
import { Problems } from './Problems'
import { Rules } from './Rules'
import css from './AlertsPage.module.css'

const route = getRouteApi('/alerts')
const STATES: readonly { value: Shown | 'all'; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'firing', label: 'Firing' },
  { value: 'pending', label: 'Pending' },
  { value: 'ended', label: 'Ended' },
]

/** What fires now, what waits, and what is over; below it the rules that say so. */
export function AlertsPage() {
  const scope = useScope()
  const now = useNow(60_000)
  const past = pastOf(scope.range, now)
  const at = useAlertsNow(scope.live)
  const then = useAlertsIn(scope.range, scope.live)
  const main = past === null ? at : then
  if (main.data === undefined) {
    if (main.error !== null) return <ErrorState page error={main.error} retry={() => void main.refetch()} />
    return (
      <div className={css.page}>
        <Skeleton height={56} rows={6} gap={12} />
      </div>
    )
  }
  return (
    <Stale stale={past !== null && then.isPlaceholderData} className={css.fill}>
      <Page now={main.data} range={then.data} past={past !== null} error={main.error ?? then.error} />
    </Stale>
  )
}

type PageProps = { /** what is shown as firing and pending */ now: Alerts; /** where what has ended is */ range: Alerts | undefined; past: boolean; error: Error | null }

function Page({ now: answer, range, past, error }: PageProps) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const scope = useScope()
  const shared = useShared()
  const now = useNow(10_000)
  const map = useMap(scope)
  const list = useRef<HTMLDivElement>(null)
  const all = useMemo(() => endedIn(answer.alerts, range?.alerts ?? []), [answer, range])
  const here = all.filter((a) => inScope(a, scope.env, scope.namespace))
  const chosen = choose(here, search)
  const state = search.state ?? 'all'
  const narrowed = search.rule !== undefined || search.service !== undefined || search.state !== undefined
  const rules = answer.groups.flatMap((g) => g.rules)
  const clear = () => void navigate({ search: (s) => ({ ...s, rule: undefined, service: undefined, state: undefined }) })
  const step = (by: 1 | -1) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-alert]') ?? [])]
    const i = rows.findIndex((r) => r === document.activeElement || r.contains(document.activeElement))
    const to = rows.at(i < 0 ? (by === 1 ? 0 : -1) : Math.min(rows.length - 1, Math.max(0, i + by)))
    to?.focus()
    to?.scrollIntoView({ block: 'nearest' })
  }
  useHotkeys('Alerts', [
    { keys: 'j', label: 'Next alert', run: () => step(1) },
    { keys: 'k', label: 'Previous alert', run: () => step(-1) },
    { keys: 'escape', label: 'Show all', run: clear },
  ])
  if (!answer.configured) return <NoRules problems={answer.problems} />
  const body = () => {
    if (chosen.length > 0) return <AlertTable alerts={chosen} nodes={map.data?.nodes ?? []} shared={shared} now={now} />
    if (narrowed && all.length > 0) return <NoMatch onClear={clear} />
    return <Calm rules={rules.filter((r) => r.kind === 'alerting').length} evaluated={lastOf(answer)} now={now} past={past ? describeRange(scope.range, now) : null} />
  }
  return (
    <div className={css.page} ref={list}>
      <h1 className="visually-hidden">Alerts</h1>
      <Problems problems={answer.problems} groups={answer.groups} />
      {error !== null && <Notice tone="warn">These are old: {error.message}</Notice>}
      <div className={css.bar}>
        <Segmented label="State" value={state} options={STATES} onChange={(s) => void navigate({ search: (b) => ({ ...b, state: s === 'all' ? undefined : s }), replace: true })} />
        {search.rule !== undefined && <Chip label={search.rule} what="rule" onClear={() => void navigate({ search: (s) => ({ ...s, rule: undefined }) })} />}
        {search.service !== undefined && <Chip label={search.service} what="service" onClear={() => void navigate({ search: (s) => ({ ...s, service: undefined }) })} />}
        <p className={css.count} role="status">
          {chosen.length > 0 && plural(chosen.length, 'alert')}
          {here.length < all.length && ` · ${all.length - here.length} of other environments left out`}
        </p>
      </div>
      {body()}
      <Rules groups={answer.groups} chosen={search.rule} now={now} />
    </div>
  )
}

function Chip({ label, what, onClear }: { label: string; what: string; onClear: () => void }) {
  return (
    <Button onClick={onClear} aria-label={`Alerts of every ${what}, not of ${label} alone`} className={css.chip}>
      <span>{label}</span> <X size={14} aria-hidden="true" />
    </Button>
  )
}

function lastOf(answer: Alerts): string | null {
  return answer.groups.map((g) => g.last_evaluation).filter((t) => t !== null).sort().at(-1) ?? null
}
