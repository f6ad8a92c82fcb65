import { useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { otlpPath } from '../../api/trace'
import { traceFileOf } from '../../api/traceFile'
import { formatAgo, formatCount, formatDuration, formatMoment, formatPercent, plural } from '../../pure/format'
import { OUTCOME_LABEL } from '../../pure/outcome'
import type { TraceModel } from '../../pure/trace'
import { followText } from '../../pure/traceFollow'
import { epochMsOfNanos } from '../../pure/units'
import { ClassMark } from '../../widgets/ClassMark'
import { CopyButton } from '../../widgets/CopyButton'
import { Tooltip } from '../../widgets/Tooltip'
import { useNow } from '../../widgets/useNow'
import { CompareMenu } from './CompareMenu'
import { DeleteTrace } from './DeleteTrace'
import { FileTraces } from './FileTraces'
import css from './TraceHeader.module.css'

/** What the trace is and how it went, in one line. */
export function TraceHeader({ trace, file }: { trace: TraceModel; file: boolean }) {
  const queryClient = useQueryClient()
  const now = useNow()
  const start = epochMsOfNanos(trace.start)
  const kept = file ? traceFileOf(queryClient, trace.traceId) : undefined
  const arriving = file ? '' : followText(trace, now)
  const share = trace.criticalNs / trace.duration
  return (
    <header className={css.header}>
      <div className={css.line}>
        <ClassMark value={trace.klass} size={18} />
        <h1 className={css.title}>
          {trace.root ? (
            <>
              {trace.root.service} <span>{trace.root.name}</span>
            </>
          ) : (
            'Trace without a root'
          )}
        </h1>
        <strong className={css.duration}>{formatDuration(trace.duration)}</strong>
      </div>
      <div className={css.side}>
        <code className={css.id} title={trace.traceId}>
          {trace.traceId.slice(0, 8)}…{trace.traceId.slice(-4)}
        </code>
        <CopyButton text={trace.traceId} label="Copy trace id" />
        {!file && (
          <Tooltip content="Download as OTLP JSON">
            <a className={css.download} href={otlpPath(trace.traceId)} download={`trace-${trace.traceId}.json`} aria-label="Download as OTLP JSON">
              <Download size={14} />
            </a>
          </Tooltip>
        )}
        <CompareMenu trace={trace} file={file || undefined} />
        {!file && <DeleteTrace traceId={trace.traceId} />}
      </div>
      <ul className={css.facts}>
        {file && <li className={css.file}>from {kept?.name ?? 'a file'}, not stored: a link shows nothing to others</li>}
        {kept !== undefined && kept.traces.length > 1 && (
          <li>
            <FileTraces file={kept} traceId={trace.traceId} />
          </li>
        )}
        <li className={css.class} data-class={trace.klass}>
          {OUTCOME_LABEL[trace.klass]}
        </li>
        <li title={new Date(start).toISOString()}>
          {formatMoment(start, now)} <span>{formatAgo(start, now)}</span>
        </li>
        {arriving !== '' && (
          <li className={css.arriving} data-follows={arriving === 'still arriving' || undefined}>
            {arriving}
          </li>
        )}
        <li>{plural(trace.spanCount, 'span')}</li>
        <li>{plural(trace.services.length, 'service')}</li>
        <li data-bad={trace.errorCount > 0 || undefined}>{trace.errorCount === 0 ? 'no errors' : plural(trace.errorCount, 'error')}</li>
        <li className={css.wide}>{formatCount(trace.maxDepth)} deep</li>
        {share > 0 && share < 0.995 && <li className={css.wide}>{formatPercent(share)} on the critical path</li>}
      </ul>
    </header>
  )
}
