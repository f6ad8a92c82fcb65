import type { ReactNode } from 'react'
import { hueVar } from '../pure/colour'
import { formatDuration, plural } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import css from './CriticalList.module.css'

type Props = { trace: TraceModel; hues: Uint8Array; keep: Uint8Array | null; selected: number; onJump: (span: number) => void; /** stands first */ logs: ReactNode; /** known to be none */ noLogs: boolean }

const SHOWN = 500

/** Spans within which something happened, in order of time; what happened is told beside the chosen one. */
export function EventList({ trace, hues, keep, selected, onJump, logs, noLogs }: Props) {
  const { spans } = trace
  const rows: number[] = []
  for (let i = 0; i < spans.count; i++) if (spans.events[i] > 0 && (keep === null || keep[i] === 1)) rows.push(i)
  rows.sort((a, b) => spans.start[a] - spans.start[b])
  if (rows.length === 0 && logs === null) return <p className={css.none}>This trace has no log records, and no span of it tells of events.</p>
  return (
    <div className={css.scroll}>
      {logs}
      {noLogs && <p className={css.note}>This trace has no log records.</p>}
      {rows.length > 0 && <h2 className={css.title}>Spans with events</h2>}
      <ol className={css.steps}>
        {rows.slice(0, SHOWN).map((s) => (
          <li key={s}>
            <button type="button" className={css.step} aria-pressed={s === selected} data-failed={spans.klass[s] === 3 || undefined} onClick={() => onJump(s)}>
              <span className={css.at}>{formatDuration(spans.start[s])}</span>
              <span className={css.stripe} style={{ background: hueVar(hues[spans.service[s]]) }} />
              <span className={css.label}>
                <strong>{trace.services[spans.service[s]].name}</strong> {trace.names[spans.name[s]]}
              </span>
              <span className={css.time}>{plural(spans.events[s], 'event')}</span>
            </button>
          </li>
        ))}
      </ol>
      {rows.length > SHOWN && <p className={css.note}>{rows.length - SHOWN} later spans are not listed.</p>}
    </div>
  )
}
