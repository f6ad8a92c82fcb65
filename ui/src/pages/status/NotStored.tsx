import type { Storage } from '../../api/storage'
import type { RefusalExample, Status } from '../../api/types'
import { formatAgo, formatMoment, plural } from '../../pure/format'
import { type Refusal, refusalsOf } from '../../pure/refusals'
import { protocolLabel } from '../../pure/status'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Part } from './Part'
import css from './NotStored.module.css'
import page from './StatusPage.module.css'

/** What was refused or rejected, why, the last examples, and what to do. */
export function NotStored({ status, storage, now }: { status: Status; storage: Storage | undefined; now: number }) {
  const refusals = refusalsOf(status)
  const letters = storage?.dead_letters
  return (
    <Part title="What is not stored, and why" note="Requests that were refused, since the start; and items of requests that were taken otherwise. Their senders were told, but not of what a processor dropped.">
      {refusals.length === 0 && <p className={page.none}>Nothing. Every request was taken, with all that was in it.</p>}
      <ul className={css.list}>
        {refusals.map((r) => (
          <Reason key={`${r.unit} ${r.reason}`} refusal={r} examples={status.refused_examples[r.reason] ?? []} now={now} />
        ))}
        {letters?.last !== undefined && letters.last !== null && (
          <li className={css.reason}>
            <span className={css.count}>{plural(letters.letters, 'dead letter')}</span>
            <div className={css.what}>
              <p>
                acknowledged, and refused by the storage engine <code>{letters.last.reason}</code>
              </p>
              <p className={page.quiet}>
                Kept whole in <code>{letters.file}</code>. The last, {formatAgo(epochMsOfRFC3339(letters.last.time), now)}: {letters.last.error}
              </p>
            </div>
          </li>
        )}
      </ul>
    </Part>
  )
}

function Reason({ refusal: r, examples, now }: { refusal: Refusal; examples: readonly RefusalExample[]; now: number }) {
  const [last] = examples
  return (
    <li className={css.reason}>
      <span className={css.count}>{plural(r.count, r.unit)}</span>
      <div className={css.what}>
        <p>
          {r.what} <code>{r.reason}</code>
        </p>
        {r.todo !== '' && <p className={page.quiet}>{r.todo}</p>}
        {last !== undefined && (
          <details className={css.examples}>
            <summary>
              Last {formatAgo(epochMsOfRFC3339(last.time), now)}, {protocolLabel(last.protocol)}
              {last.peer !== '' && ` from ${last.peer}`}
            </summary>
            <ul>
              {examples.map((e) => (
                <li key={e.time + e.peer + e.message}>
                  <span title={formatMoment(epochMsOfRFC3339(e.time), now)}>{formatAgo(epochMsOfRFC3339(e.time), now)}</span>
                  <span>
                    {e.message}
                    <span className={page.quiet}>
                      {' '}
                      {protocolLabel(e.protocol)}
                      {e.peer !== '' && ` from ${e.peer}`}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  )
}
