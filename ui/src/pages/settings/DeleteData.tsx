import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { type Deletion, type DeletionRequest, useDelete, useDeletionTrial, useDeletions } from '../../api/deletions'
import { useShared } from '../../nav'
import { amountOf, moment, rangeOf, STATE_LABEL } from '../../pure/deletions'
import { formatAgo, formatMoment } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import keys from './Keys.module.css'
import css from './DeleteData.module.css'

/** Deletes what has an attribute value, such as a person's data, and shows what was deleted before. */
export function DeleteData({ now }: { now: number }) {
  const all = useDeletions()
  return (
    <div className={keys.tab}>
      <DeleteForm />
      {all.isPending && <Skeleton height={32} rows={4} />}
      {all.data === undefined && all.error !== null && <ErrorState error={all.error} retry={() => void all.refetch()} />}
      {all.data !== undefined && <History list={all.data.deletions} now={now} />}
    </div>
  )
}

function DeleteForm() {
  const [filter, setFilter] = useState('')
  const [since, setSince] = useState('')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState<DeletionRequest | null>(null)
  const trial = useDeletionTrial(tried)
  const remove = useDelete()
  const [from, to] = [moment(since), moment(until)]
  const problem = from === null || to === null ? 'One of the times is not complete.' : from !== '' && to !== '' && from >= to ? 'The time range ends before it begins.' : null
  const request: DeletionRequest = { filter: filter.trim(), from: from ?? '', to: to ?? '', reason: '' }
  const same = tried !== null && tried.filter === request.filter && tried.from === request.from && tried.to === request.to
  const counted = same && problem === null && trial.data !== undefined && !trial.isPlaceholderData && !trial.isFetching ? trial.data : null
  const empty = counted !== null && counted.spans + counted.logs === 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (request.filter === '' || problem !== null) return
    if (counted === null || empty) {
      if (same) void trial.refetch()
      else setTried(request)
    } else if (reason.trim() !== '' && !remove.isPending) {
      remove.mutate(
        { ...request, reason: reason.trim() },
        {
          onSuccess: () => {
            setFilter('')
            setSince('')
            setUntil('')
            setReason('')
            setTried(null)
          },
        },
      )
    }
  }
  return (
    <form className={keys.form} onSubmit={submit} noValidate>
      <h2>Delete data for good</h2>
      <p className={keys.note}>
        Every trace with a span that matches goes whole, with its log records, and so does every log record that matches itself. Counts by minute stay: they name services and operations only.
      </p>
      <div className={keys.fields}>
        <Input label="What to delete" placeholder="A filter, such as user.id = 42" value={filter} onChange={(e) => setFilter(e.target.value)} className={css.filter} />
      </div>
      <div className={keys.fields}>
        <label className={css.time}>
          <span>From</span>
          <Input label="From when" type="datetime-local" value={since} onChange={(e) => setSince(e.target.value)} invalid={problem !== null} />
        </label>
        <label className={css.time}>
          <span>until</span>
          <Input label="Until when" type="datetime-local" value={until} onChange={(e) => setUntil(e.target.value)} invalid={problem !== null} />
        </label>
        <span className={css.sub}>{since === '' && until === '' ? 'Without times: all that is stored.' : 'Of your clock. A trace goes whole when a span that matches began in between.'}</span>
      </div>
      {(counted === null || empty) && (
        <div className={keys.fields}>
          <Button type="submit" disabled={request.filter === '' || problem !== null || trial.isFetching}>
            Count what matches
          </Button>
        </div>
      )}
      {problem !== null && <Notice tone="warn">{problem}</Notice>}
      {trial.error !== null && same && <Notice tone="warn">{trial.error.message}</Notice>}
      {empty && <p className={keys.note}>Nothing that is stored matches.</p>}
      {counted !== null && !empty && (
        <>
          <Notice tone="warn">This deletes {amountOf(counted)}. It can&apos;t be undone.</Notice>
          <div className={keys.fields}>
            <Input label="Reason, for the record" placeholder="Reason, for the record" value={reason} onChange={(e) => setReason(e.target.value)} className={css.filter} />
            <Button type="submit" look="primary" disabled={reason.trim() === '' || remove.isPending}>
              Delete for good
            </Button>
          </div>
        </>
      )}
      {remove.error !== null && <Notice tone="warn">{remove.error.message}</Notice>}
    </form>
  )
}

function History({ list, now }: { list: readonly Deletion[]; now: number }) {
  const shared = useShared()
  if (list.length === 0) return <p className={keys.none}>Nothing was deleted yet.</p>
  return (
    <section>
      <h2>What was deleted</h2>
      <ul className={css.list}>
        {list.map((d) => (
          <li key={d.id} className={css.row}>
            <div className={css.what}>
              {d.trace_id !== null ? (
                <Link to="/trace/$traceId" params={{ traceId: d.trace_id }} search={shared}>
                  <code>trace {d.trace_id.slice(0, 8)}</code>
                </Link>
              ) : (
                <code>{d.filter}</code>
              )}
              <span className={css.sub}>
                {d.reason === '' ? 'No reason given' : d.reason}
                {d.by === '' ? '' : `, by ${d.by}`}
                {rangeOf(d, now) === '' ? '' : `, ${rangeOf(d, now)}`}, {formatAgo(epochMsOfRFC3339(d.created), now)}
              </span>
              {d.error !== '' && <span className={css.error}>Not done yet, tried again: {d.error}</span>}
            </div>
            <div className={css.amount}>{amountOf(d)}</div>
            <div className={css.state} data-done={d.state === 'done' || undefined}>
              {STATE_LABEL[d.state]}
              <span className={css.sub}>
                {d.gone !== null ? formatMoment(epochMsOfRFC3339(d.gone), now) : d.hidden !== null ? 'from disk within about 10 minutes' : ''}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
