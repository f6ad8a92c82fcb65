import { useMemo } from 'react'
import { hueVar } from '../pure/colour'
import { formatCount, formatDuration, formatPercent } from '../pure/format'
import type { TraceModel } from '../pure/trace'
import { criticalGroups, criticalSegments } from '../pure/traceTable'
import css from './CriticalList.module.css'

type Props = { trace: TraceModel; hues: Uint8Array; selected: number; onJump: (span: number) => void }

const GROUPS = 12
const SEGMENTS = 400

/** The chain of work that decides how long the trace takes: first what it sums up to, then step by step. */
export function CriticalList({ trace, hues, selected, onJump }: Props) {
  const segments = useMemo(() => criticalSegments(trace), [trace])
  const groups = useMemo(() => criticalGroups(trace, segments), [trace, segments])
  const { spans } = trace
  if (segments.length === 0) return <p className={css.none}>This trace has no critical path.</p>
  return (
    <div className={css.scroll}>
      <h2 className={css.title}>What to make faster</h2>
      <p className={css.note}>Time on the critical path by operation. Without an operation, the trace would take at most that much less.</p>
      <ol className={css.groups}>
        {groups.slice(0, GROUPS).map((g) => (
          <li key={`${g.service}/${g.name}`}>
            <button type="button" className={css.group} onClick={() => onJump(g.longest)}>
              <span className={css.bar} style={{ width: `${(g.share / groups[0].share) * 100}%`, background: hueVar(hues[g.service]) }} />
              <span className={css.label}>
                <strong>{trace.services[g.service].name}</strong> {trace.names[g.name]}
              </span>
              {g.segments > 1 && <span className={css.often}>{formatCount(g.segments)} times</span>}
              <span className={css.time}>{formatDuration(g.time)}</span>
              <span className={css.share}>{formatPercent(g.share)}</span>
            </button>
          </li>
        ))}
      </ol>
      <h2 className={css.title}>Step by step</h2>
      <ol className={css.steps}>
        {segments.slice(0, SEGMENTS).map((s) => (
          <li key={`${s.span}/${s.start}`}>
            <button type="button" className={css.step} aria-pressed={s.span === selected} onClick={() => onJump(s.span)}>
              <span className={css.at}>{formatDuration(s.start)}</span>
              <span className={css.stripe} style={{ background: hueVar(hues[spans.service[s.span]]) }} />
              <span className={css.label}>
                <strong>{trace.services[spans.service[s.span]].name}</strong> {trace.names[spans.name[s.span]]}
              </span>
              <span className={css.time}>{formatDuration(s.end - s.start)}</span>
              <span className={css.share}>{formatPercent(s.share)}</span>
            </button>
          </li>
        ))}
      </ol>
      {segments.length > SEGMENTS && <p className={css.note}>{formatCount(segments.length - SEGMENTS)} later steps are not listed.</p>}
    </div>
  )
}
