import { hueVar } from '../../pure/colour'
import { plural } from '../../pure/format'
import { type OperationDelta, signedDuration, type Summary } from '../../pure/traceDelta'
import type { TraceDiff } from '../../pure/traceDiff'
import css from './ComparePage.module.css'

type Props = { diff: TraceDiff; summary: Summary; hues: Uint8Array; onJump: (row: number) => void }

const SHOWN = 3

/** What got slower, what is new and what is gone, by operation; each leads to the row where it shows most. */
export function CompareSummary({ diff, summary, hues, onJump }: Props) {
  const gain = (o: OperationDelta) => signedDuration(o.selfB - o.selfA)
  const count = (n: number) => `× ${n}`
  const groups: readonly { title: string; sign: string; list: readonly OperationDelta[]; says: (o: OperationDelta) => string }[] = [
    { title: 'Fails now', sign: '!', list: summary.failing, says: (o) => count(o.newlyFailed) },
    { title: 'Slower by own work', sign: '▲', list: summary.slower, says: gain },
    { title: 'New', sign: '+', list: summary.added, says: (o) => `${count(o.countB)}, ${gain(o)}` },
    { title: 'Gone', sign: '−', list: summary.removed, says: (o) => `${count(o.countA)}, ${gain(o)}` },
    { title: 'Faster by own work', sign: '▼', list: summary.faster, says: gain },
  ]
  const some = groups.filter((g) => g.list.length > 0)
  if (some.length === 0) return <p className={css.alike}>Both traces do the same, and nothing in them takes notably longer.</p>
  return (
    <section className={css.summary} aria-label="What differs">
      {some.map((g) => (
        <div key={g.title} className={css.group}>
          <h2>
            <span aria-hidden="true">{g.sign}</span> {g.title} <em>{plural(g.list.length, 'operation')}</em>
          </h2>
          <ul>
            {g.list.slice(0, SHOWN).map((o) => (
              <li key={`${o.service}/${o.name}/${o.kind}`}>
                <button type="button" className={css.operation} onClick={() => onJump(o.row)} title={`${diff.services[o.service]} ${diff.names[o.name]}`}>
                  <span className={css.stripe} style={{ background: hueVar(hues[o.service]) }} />
                  <span className={css.operationName}>
                    <strong>{diff.services[o.service]}</strong> {diff.names[o.name]}
                  </span>
                  <span className={css.says}>{g.says(o)}</span>
                </button>
              </li>
            ))}
          </ul>
          {g.list.length > SHOWN && <p className={css.more}>and {g.list.length - SHOWN} more</p>}
        </div>
      ))}
    </section>
  )
}
