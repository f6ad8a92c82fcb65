import { useMemo } from 'react'
import type { LogRecord, TraceRecords } from '../api/traceLogs'
import { hueVar } from '../pure/colour'
import { formatDuration } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { placeLogs } from '../pure/traceLogs'
import css from './LogList.module.css'

type Props = { trace: TraceModel; hues: Uint8Array; found: TraceRecords; selected: number; onJump: (span: number) => void; title: string; none: string }

/** What was logged, in order of time; a line leads to the span in which it was written. */
export function LogList({ trace, hues, found, selected, onJump, title, none }: Props) {
  const places = useMemo(() => placeLogs(trace, found.records), [trace, found])
  const hueOf = useMemo(() => new Map(trace.services.map((s, i) => [s.name, hueVar(hues[i])])), [trace, hues])
  if (found.records.length === 0) return none === '' ? null : <p className={css.none}>{none}</p>
  return (
    <section>
      {title !== '' && <h2 className={css.title}>{title}</h2>}
      <ol className={css.lines}>
        {found.records.map((r, i) => (
          <li key={r.id}>
            <button type="button" className={css.line} data-severity={r.severity} aria-pressed={places[i].row >= 0 && places[i].row === selected} disabled={places[i].row < 0} onClick={() => onJump(places[i].row)}>
              <span className={css.at}>{offset(places[i].at)}</span>
              <span className={css.severity}>{r.severity === 'unset' ? '' : r.severity}</span>
              <span className={css.stripe} style={{ background: hueOf.get(r.service) }} />
              <span className={css.text}>
                {r.service !== '' && <strong>{r.service}</strong>} {bodyOf(r)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {found.more && <p className={css.none}>Later records are not listed.</p>}
    </section>
  )
}

function offset(ns: number): string {
  return ns < 0 ? `−${formatDuration(-ns)}` : formatDuration(ns)
}

function bodyOf(r: LogRecord): string {
  if (r.body.value !== '') return r.body.value
  return r.event_name !== '' ? r.event_name : '(no body)'
}
