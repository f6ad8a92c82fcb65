import { Link } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { type Key, type Keys as KeyList, type NewKey, useKeys, useRevokeKey } from '../../api/keys'
import type { Status } from '../../api/types'
import { formatAgo, formatMoment } from '../../pure/format'
import { consequences, inUse, lastUsed } from '../../pure/keys'
import { ApiError } from '../../pure/problem'
import { environment, targetOf } from '../../pure/snippets'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { Code } from '../../widgets/Code'
import { Dialog } from '../../widgets/Dialog'
import { Empty, ErrorState, Notice, Skeleton } from '../../widgets/States'
import { notify } from '../../widgets/Toast'
import { KeyForm } from './KeyForm'
import css from './Keys.module.css'

const EVERY_MS = 5000

/** Who may send, and which programs may read. */
export function Keys({ status }: { status: Status }) {
  const keys = useKeys(EVERY_MS)
  const [made, setMade] = useState<NewKey | null>(null)
  const [leaving, setLeaving] = useState<Key | null>(null)
  const ask = (key: Key) => {
    setLeaving(key)
    void keys.refetch() // whether it is in use is told as of now
  }
  if (keys.isPending) return <div className={css.tab}><Skeleton height={20} rows={6} /></div>
  if (keys.data === undefined) {
    if (keys.error instanceof ApiError && keys.error.status === 404) {
      return <Empty icon={<KeyRound size={22} />} title="Keys are managed elsewhere">{keys.error.hint}</Empty>
    }
    return keys.error === null ? null : <ErrorState error={keys.error} retry={() => void keys.refetch()} />
  }
  const now = epochMsOfRFC3339(status.now)
  return (
    <div className={css.tab}>
      <Rules keys={keys.data} />
      {made === null ? <KeyForm keys={keys.data} onMade={setMade} /> : <Made made={made} status={status} onDone={() => setMade(null)} />}
      <Table keys={keys.data.keys} now={now} fresh={made?.id} onRevoke={ask} />
      {leaving !== null && <Revoke key={leaving.id} leaving={leaving} all={keys.data.keys} status={status} now={now} onDone={() => setLeaving(null)} />}
    </div>
  )
}

function Rules({ keys }: { keys: KeyList }) {
  return (
    <p className={css.rules}>
      {keys.required ? 'Every sender must show an ingest key.' : 'Senders need no key now.'}{' '}
      {keys.login ? (
        'Programs that read the API show a read key; people log in.'
      ) : (
        <>
          Nobody has to log in to read, so read keys are not asked for; <code>sightline key login</code> changes that.
        </>
      )}
    </p>
  )
}

/** The one time that the key is seen. */
function Made({ made, status, onDone }: { made: NewKey; status: Status; onDone: () => void }) {
  const target = targetOf(status.endpoints, location.hostname, 'my-service', made.key)
  const api = `curl -sS -H 'Authorization: Bearer ${made.key}' ${location.origin}/api/services`
  return (
    <section className={css.made} aria-label="The new key">
      <h2>The key of {made.name}</h2>
      <Notice tone="warn">This is the only time that it is shown. Only a hash of it is kept.</Notice>
      <Code text={made.key} />
      <p className={css.note}>{made.scope === 'ingest' ? 'Any OpenTelemetry SDK takes it from its environment:' : 'Programs send it as a bearer:'}</p>
      <Code text={made.scope === 'ingest' ? environment(target) : api} />
      <div className={css.actions}>
        <Button look="primary" onClick={onDone}>
          I have kept it
        </Button>
        {made.scope === 'ingest' && <Link to="/start">More ways to send</Link>}
      </div>
    </section>
  )
}

type TableProps = { keys: readonly Key[]; now: number; fresh: string | undefined; onRevoke: (key: Key) => void }

function Table({ keys, now, fresh, onRevoke }: TableProps) {
  if (keys.length === 0) return <p className={css.none}>There is no key yet.</p>
  return (
    <div role="table" aria-label="Keys" className={css.table}>
      <div role="rowgroup">
        <div role="row" className={css.head}>
          {['Name', 'Good for', 'Made', 'Last shown'].map((h) => (
            <div key={h} role="columnheader">
              {h}
            </div>
          ))}
          <div role="columnheader">
            <span className="visually-hidden">Actions</span>
          </div>
        </div>
      </div>
      <div role="rowgroup">
        {[...keys].reverse().map((k) => (
          <div key={k.id} role="row" className={css.row} data-fresh={k.id === fresh || undefined}>
            <div role="cell" className={css.name}>
              <span>{k.name}</span>
              <code>sl_{k.id}_…</code>
            </div>
            <div role="cell">{k.scope === 'ingest' ? 'sending' : 'reading'}</div>
            <div role="cell" title={formatMoment(epochMsOfRFC3339(k.created), now)}>
              {formatAgo(epochMsOfRFC3339(k.created), now)}
            </div>
            <div role="cell" className={css.used} data-live={inUse(k, now) || undefined}>
              {lastUsed(k, now)}
            </div>
            <div role="cell" className={css.end}>
              <Button size="sm" look="quiet" onClick={() => onRevoke(k)} aria-label={`Revoke ${k.name}`}>
                Revoke
              </Button>
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}

type RevokeProps = { leaving: Key; all: readonly Key[]; status: Status; now: number; onDone: () => void }

function Revoke({ leaving, all, status, now, onDone }: RevokeProps) {
  const revoke = useRevokeKey()
  const lines = consequences(all.find((k) => k.id === leaving.id) ?? leaving, all, [status.endpoints.otlp_grpc, status.endpoints.otlp_http], now)
  const go = () =>
    revoke.mutate(leaving.id, {
      onSuccess: () => {
        notify(`${leaving.name} is revoked`)
        onDone()
      },
    })
  return (
    <Dialog open onOpenChange={(open) => !open && onDone()} title={`Revoke the key of ${leaving.name}?`}>
      <div className={css.dialog}>
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {revoke.error !== null && <Notice tone="warn">{revoke.error.message}</Notice>}
        <div className={css.actions}>
          <Button look="primary" onClick={go} disabled={revoke.isPending}>
            Revoke it
          </Button>
          <Button onClick={onDone}>Keep it</Button>
        </div>
      </div>
    </Dialog>
  )
}
