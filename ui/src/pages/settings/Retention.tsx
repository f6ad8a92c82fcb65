import { HardDrive } from 'lucide-react'
import { useState } from 'react'
import { type Retention as Kept, type RetentionHeld, useChangeRetention, useRetention, useRetentionTrial } from '../../api/retention'
import { formatAgo, formatBytes, formatPercent } from '../../pure/format'
import { ApiError } from '../../pure/problem'
import { consequences, type Draft, draftFor, draftProblems, droppedBytes, dropText, sameSettings, settingsOf } from '../../pure/retention'
import { signalLabel } from '../../pure/status'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { Empty, ErrorState, Notice, Skeleton } from '../../widgets/States'
import { notify } from '../../widgets/Toast'
import { RetentionFields } from './RetentionFields'
import css from './Retention.module.css'

/** For how long data is kept: where each value comes from, and what a change would do before it is made. */
export function Retention({ now }: { now: number }) {
  const retention = useRetention()
  if (retention.isPending) return <div className={css.tab}><Skeleton height={28} rows={6} /></div>
  if (retention.data === undefined) {
    if (retention.error instanceof ApiError && retention.error.status === 404) {
      return <Empty icon={<HardDrive size={22} />} title="Retention is set elsewhere">{retention.error.hint}</Empty>
    }
    return retention.error === null ? null : <ErrorState error={retention.error} retry={() => void retention.refetch()} />
  }
  return <Editor key={retention.data.revision} kept={retention.data} now={now} />
}

function Editor({ kept, now }: { kept: Kept; now: number }) {
  const [draft, setDraft] = useState<Draft>(() => draftFor(kept))
  const set = settingsOf(draft)
  const problems = draftProblems(draft)
  const changed = !sameSettings(set, kept.set)
  const change = { revision: kept.revision, set }
  const trial = useRetentionTrial(changed && problems.length === 0 ? change : null)
  const save = useChangeRetention()
  const drops = trial.data?.drops ?? []
  const lines = trial.data === undefined ? [] : consequences(kept, trial.data)
  const certain = trial.data !== undefined && !trial.isFetching && trial.error === null && problems.length === 0
  const go = () => save.mutate(change, { onSuccess: () => notify('Retention is changed') })
  return (
    <form
      className={css.tab}
      onSubmit={(event) => {
        event.preventDefault()
        if (changed && certain && !save.isPending) go()
      }}
      noValidate
    >
      <p className={css.rules}>
        New data is written by these durations at once. Lowering one drops what is then too old, for good; raising one is for new data. Whole days are dropped, so something may be there for a day longer.
      </p>
      {kept.held.length > 0 && <HeldBack held={kept.held} kept={kept} now={now} />}
      <RetentionFields kept={kept} draft={draft} onChange={setDraft} />
      <p className={css.classes}>
        {(trial.data ?? kept).classes.length} of {kept.max_classes} different durations are used by traces, logs and metrics
        {kept.changed !== null && `; last changed here ${formatAgo(epochMsOfRFC3339(kept.changed), now)}${kept.by === '' ? '' : ` by ${kept.by}`}`}.
      </p>
      {problems.length > 0 && (
        <ul className={css.problems} role="alert">
          {problems.map((p) => (
            <li key={p}>{p}</li>
          ))}
        </ul>
      )}
      {changed && (
        <section className={css.outcome} aria-label="What the change does" aria-busy={!certain || undefined}>
          <h2>If you save this</h2>
          {problems.length === 0 && trial.error !== null && <Notice tone="warn">{trial.error.message}</Notice>}
          {problems.length === 0 && trial.data !== undefined && trial.error === null && (
            <ul className={css.lines}>
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
              {drops.map((d) => (
                <li key={`${d.signal} ${d.class_days}`} className={css.drop}>
                  {dropText(d)}
                </li>
              ))}
              {drops.length === 0 && <li>Nothing that is stored is dropped now.</li>}
            </ul>
          )}
          {save.error !== null && <Notice tone="warn">{save.error.message}</Notice>}
          <div className={css.actions}>
            <Button type="submit" look="primary" disabled={!certain || save.isPending}>
              {drops.length > 0 && certain ? `Save, and drop ${formatBytes(droppedBytes(drops))}` : 'Save'}
            </Button>
            <Button onClick={() => setDraft(draftFor(kept))}>Leave it as it was</Button>
          </div>
        </section>
      )}
    </form>
  )
}

/** A drop that the clock asks for and nobody has confirmed. */
function HeldBack({ held, kept, now }: { held: readonly RetentionHeld[]; kept: Kept; now: number }) {
  const save = useChangeRetention()
  const approve = () => save.mutate({ revision: kept.revision, set: kept.set, approve: true }, { onSuccess: () => notify('What is too old goes now') })
  return (
    <Notice
      tone="warn"
      action={
        <Button size="sm" onClick={approve} disabled={save.isPending}>
          The clock is right, drop it
        </Button>
      }
    >
      By this machine's clock much is suddenly too old: {held.map((h) => `${formatPercent(h.bytes / Math.max(1, h.of))} of ${signalLabel(h.signal).toLowerCase()}, ${formatBytes(h.bytes)}`).join('; ')}. It has waited{' '}
      {formatAgo(epochMsOfRFC3339(held[0]?.since ?? ''), now).replace(' ago', '')} for somebody who knows that the clock is right.
    </Notice>
  )
}
