import { Link } from '@tanstack/react-router'
import { ChevronDown, Files } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import type { TraceFile } from '../../api/traceFile'
import { useShared } from '../../nav'
import { formatDuration, formatStart, plural } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import { useNow } from '../../widgets/useNow'
import css from './FileTraces.module.css'

/** The server names so many of a file's traces. */
const NAMED = 100

/** The traces of a file that has several: which one is shown, and the others to choose from. */
export function FileTraces({ file, traceId }: { file: TraceFile; traceId: string }) {
  const [open, setOpen] = useState(false)
  const shared = useShared()
  const now = useNow(60_000)
  const onKey = (e: KeyboardEvent<HTMLUListElement>) => {
    const by = e.key === 'ArrowDown' || e.key === 'j' ? 1 : e.key === 'ArrowUp' || e.key === 'k' ? -1 : 0
    if (by === 0) return
    e.preventDefault()
    const rows = [...e.currentTarget.querySelectorAll('a')]
    const at = rows.findIndex((r) => r === document.activeElement)
    rows.at(Math.min(rows.length - 1, Math.max(0, at + by)))?.focus()
  }
  return (
    <Popover
      label={`Traces of ${file.name}`}
      open={open}
      onOpenChange={setOpen}
      align="start"
      trigger={
        <Button size="sm">
          <Files size={14} aria-hidden="true" /> {file.traces.length >= NAMED ? `The ${NAMED} largest traces` : `${file.traces.length} traces`} in this file <ChevronDown size={14} aria-hidden="true" />
        </Button>
      }
    >
      <ul className={css.list} aria-label={`Traces of ${file.name}`} onKeyDown={onKey}>
        {file.traces.map((t) => (
          <li key={t.trace_id}>
            <Link
              to="/trace/$traceId"
              params={{ traceId: t.trace_id }}
              search={{ ...shared, file: true }}
              preload={false}
              className={css.trace}
              aria-current={t.trace_id === traceId ? 'true' : undefined}
              onClick={() => setOpen(false)}
            >
              <span className={css.name}>
                {t.root === null ? 'Trace without a root' : <><b>{t.root.service}</b> {t.root.name}</>}
              </span>
              <span className={css.duration}>{formatDuration(t.duration_ns)}</span>
              <span className={css.facts}>
                <code>{t.trace_id.slice(0, 8)}</code> {formatStart(epochMsOfRFC3339(t.start), now)} · {plural(t.spans, 'span')}
              </span>
              <span className={css.errors} data-bad={t.errors > 0 || undefined}>
                {t.errors === 0 ? 'no errors' : plural(t.errors, 'error')}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Popover>
  )
}
