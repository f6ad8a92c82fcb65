import { getRouteApi, Link } from '@tanstack/react-router'
import { useLogout, useStatus } from '../../api/hooks'
import type { Status } from '../../api/types'
import { formatAgo, formatMoment } from '../../pure/format'
import { healthOf } from '../../pure/health'
import { epochMsOfRFC3339 } from '../../pure/units'
import { AppearanceForm } from '../../widgets/AppearanceForm'
import { Button } from '../../widgets/Button'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import { Tabs } from '../../widgets/Tabs'
import { DeleteData } from './DeleteData'
import { Endpoints } from './Endpoints'
import { Keys } from './Keys'
import { Retention } from './Retention'
import { Fact, Section } from './Section'
import css from './SettingsPage.module.css'

const route = getRouteApi('/settings')
const EVERY_MS = 2000

/** How long data is kept, who may send, where to, and how the page looks. How the instance fares is the status page's. */
export function SettingsPage() {
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const status = useStatus(EVERY_MS)
  if (status.isPending) return <div className={css.page}><Skeleton height={20} rows={10} /></div>
  if (status.data === undefined) return status.error === null ? null : <ErrorState page error={status.error} retry={() => void status.refetch()} />
  const s = status.data
  const now = epochMsOfRFC3339(s.now)
  return (
    <div className={css.page}>
      <header className={css.header}>
        <h1>Settings</h1>
        <p className={css.sub}>
          Sightline {s.version}, up since {formatMoment(epochMsOfRFC3339(s.started), now)} ({formatAgo(epochMsOfRFC3339(s.started), now)}). <Link to="/status">{HEALTH[healthOf(s)]}</Link>
        </p>
      </header>
      {status.error !== null && <Notice tone="warn">These figures are old; the server did not answer: {status.error.message}</Notice>}
      {s.warnings.length > 0 && (
        <div className={css.notices}>
          {s.warnings.map((w) => (
            <Notice key={w} tone="warn">
              {w}
            </Notice>
          ))}
        </div>
      )}
      <Tabs
        label="Settings"
        value={tab ?? 'retention'}
        onChange={(id) => void navigate({ search: (before) => ({ ...before, tab: id === 'retention' ? undefined : id }), replace: true })}
        tabs={[
          { id: 'retention', label: 'Retention', panel: <Retention now={now} /> },
          { id: 'delete', label: 'Delete data', panel: <DeleteData now={now} /> },
          { id: 'keys', label: 'Keys', panel: <Keys status={s} /> },
          { id: 'endpoints', label: 'Endpoints', panel: <Endpoints status={s} /> },
          { id: 'appearance', label: 'Appearance and about', panel: <Appearance status={s} now={now} /> },
        ]}
      />
    </div>
  )
}

const HEALTH = { ok: 'All is well', warn: 'Something wants attention', bad: 'Something is wrong' }

function Appearance({ status, now }: { status: Status; now: number }) {
  return (
    <div className={css.columns}>
      <Section title="Appearance" note="Kept in this browser. A service has the same colour everywhere; it comes from its name.">
        <div className={css.more}>
          <AppearanceForm />
        </div>
        {status.auth.user !== '' && <SignedIn user={status.auth.user} />}
      </Section>
      <Section
        title="About"
        note="Distributed tracing in one binary, under the Apache License 2.0."
        facts={
          <>
            <Fact name="Version" value={status.version} />
            <Fact name="Started" value={`${formatMoment(epochMsOfRFC3339(status.started), now)}, ${formatAgo(epochMsOfRFC3339(status.started), now)}`} />
            <Fact name="Storage engine" value={status.engine.version === 'server' ? 'a ClickHouse server' : `ClickHouse ${status.engine.version}, inside`} />
          </>
        }
      />
    </div>
  )
}

function SignedIn({ user }: { user: Status['auth']['user'] }) {
  const logout = useLogout()
  return (
    <p className={css.fact}>
      Signed in as {user}
      <Button size="sm" onClick={() => logout.mutate()} disabled={logout.isPending}>
        Sign out
      </Button>
    </p>
  )
}
