import type { Status } from '../../api/types'
import { plural } from '../../pure/format'
import { type Refusal, refusalsOf, refusedSince } from '../../pure/refusals'
import css from './StartPage.module.css'

/** What was refused since the page was opened, and what to do about it; the sender's own log seldom says it as plainly. */
export function Refused({ before, status }: { before: readonly Refusal[]; status: Status }) {
  const fresh = refusedSince(before, refusalsOf(status))
  return (
    <div role="status">
      {fresh.length > 0 && (
        <ul className={css.refused}>
          {fresh.map((r) => (
            <li key={`${r.unit} ${r.reason}`}>
              <b>
                {plural(r.count, r.unit)} refused: {r.what}.
              </b>{' '}
              {r.todo}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
