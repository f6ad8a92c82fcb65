import { Link } from '@tanstack/react-router'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Disk, SignalStorage, Storage } from '../../api/storage'
import { barsOf, diskShares, diskText, keptText, projectionText } from '../../pure/disk'
import { formatBytes, formatPercent, formatShort } from '../../pure/format'
import { ITEM_NAMES, signalLabel } from '../../pure/status'
import { ErrorState, Skeleton } from '../../widgets/States'
import { Part } from './Part'
import css from './DiskUse.module.css'
import page from './StatusPage.module.css'

/** What each signal takes, what that will come to, and for how long it is kept. */
export function DiskUse({ storage }: { storage: UseQueryResult<Storage> }) {
  return (
    <Part
      title="On disk"
      note={
        <>
          Full bars are what is there; pale ones what it comes to at the retention in force. <Link to="/settings" search={{ tab: 'retention' }}>Change how long data is kept</Link>
        </>
      }
    >
      <Content storage={storage} />
    </Part>
  )
}

function Content({ storage }: { storage: UseQueryResult<Storage> }) {
  if (storage.isPending) return <Skeleton height={34} rows={5} />
  if (storage.data === undefined) return storage.error === null ? null : <ErrorState error={storage.error} retry={() => void storage.refetch()} />
  const { signals, disk } = storage.data
  const bars = barsOf(signals)
  return (
    <>
      <ul className={css.signals}>
        {signals.map((s) => (
          <SignalUse key={s.signal} s={s} now={bars.get(s.signal)?.now ?? 0} later={bars.get(s.signal)?.later ?? 0} />
        ))}
      </ul>
      {disk !== null && <DiskBar disk={disk} signals={signals} />}
    </>
  )
}

function SignalUse({ s, now, later }: { s: SignalStorage; now: number; later: number }) {
  const unit = ITEM_NAMES[s.signal]
  return (
    <li className={css.signal} data-none={s.bytes === 0 || undefined}>
      <span className={css.name}>{signalLabel(s.signal)}</span>
      <span className={css.bytes}>{s.bytes === 0 ? '–' : formatBytes(s.bytes)}</span>
      <span className={css.bar} aria-hidden="true">
        <span className={css.later} style={{ width: `${later * 100}%` }} />
        <span className={css.now} style={{ width: `${now * 100}%` }} />
      </span>
      <span className={css.words}>
        {s.bytes === 0 ? 'Nothing is stored. ' : `${projectionText(s)} `}
        {s.items > 0 && unit !== undefined && <span className={page.quiet}>{`${formatShort(s.items)} ${unit}s, ${formatBytes(s.bytes / s.items)} each.`}</span>}
      </span>
      <span className={css.kept}>{keptText(s)}</span>
    </li>
  )
}

function DiskBar({ disk, signals }: { disk: Disk; signals: readonly SignalStorage[] }) {
  const { tone, text } = diskText(disk)
  const { others, now, later } = diskShares(disk, signals)
  return (
    <div className={css.disk}>
      <div className={css.diskBar} role="img" aria-label={`The disk: ${formatPercent(others)} taken by others, ${formatPercent(now)} by what is stored here`}>
        <span className={css.others} style={{ width: `${others * 100}%` }} />
        <span className={css.ours} style={{ width: `${now * 100}%` }} />
        <span className={css.coming} style={{ width: `${later * 100}%` }} />
      </div>
      <p className={css.diskText}>
        <b data-tone={tone}>{text}</b> {formatBytes(disk.free_bytes)} of {formatBytes(disk.total_bytes)} are free
        {disk.reserve_bytes > 0 && `; at ${formatBytes(disk.reserve_bytes)} the journal stops taking`}.
      </p>
    </div>
  )
}
