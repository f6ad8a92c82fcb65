import type { ReactNode } from 'react'
import type { Status } from '../../api/types'
import { formatAgo, formatBytes, formatCount, formatDuration } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Notice } from '../../widgets/States'
import { Part } from './Part'
import css from './StatusPage.module.css'

const LOADER: Record<string, string> = { '': 'runs elsewhere', idle: 'has nothing to do', loading: 'is storing', settling: 'counts what an earlier run left open', waiting_for_engine: 'waits for the engine' }

/** The journal and the engine: the two parts that can stop. */
export function Machine({ status: s, now }: { status: Status; now: number }) {
  const filled = s.journal.max_bytes > 0 ? s.journal.bytes / s.journal.max_bytes : 0
  return (
    <div className={css.columns}>
      <Part title="Journal" note="Between received and stored. A sender gets its answer once this is on disk.">
        <dl className={css.facts}>
          <Fact name="Oldest waiting" value={s.journal.oldest !== null && s.lag_ms > 0 ? formatDuration(s.lag_ms * 1e6) : 'nothing waits'} />
          <Fact name="Loader" value={LOADER[s.loader.state] ?? s.loader.state} />
          <Fact name="Segments" value={formatCount(s.journal.segments)} />
          <Fact name="Size" value={`${formatBytes(s.journal.bytes)} of ${formatBytes(s.journal.max_bytes)}`} />
        </dl>
        <div className={css.meter} role="meter" aria-label="Journal filled" aria-valuenow={Math.round(filled * 100)} aria-valuemin={0} aria-valuemax={100}>
          <span style={{ width: `${Math.min(100, filled * 100)}%` }} data-tone={filled > 0.9 ? 'bad' : filled > 0.5 ? 'warn' : undefined} />
        </div>
        {s.loader.error !== '' && s.loader.error_at !== null && (
          <p className={css.quiet}>
            Last trouble, {formatAgo(epochMsOfRFC3339(s.loader.error_at), now)}: {s.loader.error}
          </p>
        )}
      </Part>
      <Part title="Engine" note={s.engine.version === 'server' ? 'A ClickHouse server.' : "ClickHouse's own engine, inside."}>
        <dl className={css.facts}>
          <Fact name="State" value={<span className={css.state} data-state={s.engine.state}>{s.engine.state}</span>} />
          <Fact name="Version" value={s.engine.version} />
          <Fact name="Restarts" value={formatCount(s.engine.restarts)} />
          <Fact name="Batches stored since the start" value={formatCount(s.loader.batches)} />
        </dl>
        {s.engine.error !== '' && <Notice tone="warn">{s.engine.error}</Notice>}
      </Part>
    </div>
  )
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
