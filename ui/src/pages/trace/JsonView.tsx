import { useOtlp } from '../../api/trace'
import { CopyButton } from '../../widgets/CopyButton'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import css from './TracePage.module.css'

/** More characters than this make a page slow; the download has them all. */
const SHOWN = 400_000

/** The trace as OTLP JSON, as it can be downloaded. */
export function JsonView({ traceId, file }: { traceId: string; file: boolean }) {
  const otlp = useOtlp(traceId, file)
  if (otlp.error) return <ErrorState error={otlp.error} retry={() => void otlp.refetch()} />
  if (otlp.data === undefined) return <Skeleton rows={16} />
  return (
    <div className={css.json}>
      <span className={css.jsonCopy}>
        <CopyButton text={otlp.data} label="Copy all" />
      </span>
      {otlp.data.length > SHOWN && <Notice>Only the beginning is shown; the download above has everything.</Notice>}
      <pre tabIndex={0}>{otlp.data.slice(0, SHOWN)}</pre>
    </div>
  )
}
