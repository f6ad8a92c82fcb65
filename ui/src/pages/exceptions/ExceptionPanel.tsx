import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useState } from 'react'
import { type ExceptionDetail, useException } from '../../api/exceptions'
import type { Scope } from '../../api/hooks'
import { useShared } from '../../nav'
import { hueOf } from '../../pure/colour'
import { badgeOf, firstLine, foldStack, nameOf } from '../../pure/exceptions'
import { formatAgo, formatCount, formatMoment, formatShort, plural } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { epochMsOfRFC3339 } from '../../pure/units'
import { IconButton } from '../../widgets/Button'
import { CopyButton } from '../../widgets/CopyButton'
import { useHotkeys } from '../../widgets/hotkeys'
import { ServiceName } from '../../widgets/ServiceName'
import { Sparkline } from '../../widgets/Sparkline'
import { ErrorState, Skeleton } from '../../widgets/States'
import { useNow } from '../../widgets/useNow'
import css from './ExceptionPanel.module.css'

type Props = { fingerprint: string; scope: Scope; onClose: () => void }

/** A group beside the list: its stack trace, the versions that have it, and traces in which it happened. */
export function ExceptionPanel({ fingerprint, scope, onClose }: Props) {
  const found = useException(fingerprint, scope)
  useHotkeys('Exceptions', [{ keys: 'escape', label: 'Close the group', run: onClose }])
  return (
    <aside className={css.panel} aria-label="Group of exceptions">
      <header className={css.head}>
        <h2>{found.data === undefined ? 'Exception' : nameOf(found.data)}</h2>
        <IconButton label="Close" keys="escape" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {found.isPending && <Skeleton height={16} rows={8} />}
      {found.error !== null && found.data === undefined && <ErrorState error={found.error} retry={() => void found.refetch()} />}
      {found.data !== undefined && <Group group={found.data} />}
    </aside>
  )
}

function Group({ group: g }: { group: ExceptionDetail }) {
  const shared = useShared()
  const now = useNow(10_000)
  const badge = badgeOf(g)
  const [first, last] = [epochMsOfRFC3339(g.first_seen), epochMsOfRFC3339(g.last_seen)]
  return (
    <>
      {g.message !== '' && <p className={css.message}>{g.message}</p>}
      <p className={css.facts}>
        <Link to="/services/$name" params={{ name: g.service }} search={{ ...shared, tab: 'exceptions' }}>
          <ServiceName name={g.service} hue={hueOf(g.service)} />
        </Link>
        {g.type !== '' && g.type !== nameOf(g) && <code>{g.type}</code>}
        {g.escaped === true && <span>It left its span unhandled.</span>}
      </p>
      <dl className={css.figures}>
        <div>
          <dt>In this time</dt>
          <dd>
            {formatShort(g.count)} <Sparkline values={g.series.count} tone="fault" />
          </dd>
        </div>
        <div>
          <dt>Seen first</dt>
          <dd title={formatMoment(first, now)}>{formatAgo(first, now)}</dd>
        </div>
        <div>
          <dt>Seen last</dt>
          <dd title={formatMoment(last, now)}>{formatAgo(last, now)}</dd>
        </div>
      </dl>
      {(g.version !== '' || badge !== null) && (
        <p className={css.brought}>
          {badge === null ? `First seen in version ${g.version}.` : badge.label === 'New' ? `${badge.why}${g.version === '' ? '' : `, in version ${g.version}`}.` : `${badge.label}: ${badge.why.charAt(0).toLowerCase()}${badge.why.slice(1)}.`}
        </p>
      )}
      <Stack group={g} />
      <section>
        <h3>Traces</h3>
        <ul className={css.list}>
          {g.examples.map((x) => (
            <li key={x.trace_id + x.span_id}>
              <Link to="/trace/$traceId" params={{ traceId: x.trace_id }} search={{ ...shared, span: x.span_id, start: x.start, end: x.start }} className={css.example}>
                <span className={css.text}>
                  {x.operation}
                  {x.message !== '' && <span>{firstLine(x.message)}</span>}
                </span>
                <span className={css.quiet}>{formatAgo(epochMsOfRFC3339(x.start), now)}</span>
              </Link>
            </li>
          ))}
        </ul>
        {g.type !== '' && (
          <Link to="/traces" search={{ ...shared, q: `service = ${quoteValue(g.service)} and event.exception.type = ${quoteValue(g.type)}` }} className={css.all}>
            All traces with this type
          </Link>
        )}
      </section>
      <Counts title="Versions" rows={g.versions.map((v) => ({ name: v.name === '' ? 'No version' : v.name, count: v.count, note: `since ${formatMoment(epochMsOfRFC3339(v.first_seen), now)}` }))} />
      <Counts title="Operations" rows={g.operation_counts} />
    </>
  )
}

function Counts({ title, rows }: { title: string; rows: readonly { name: string; count: number; note?: string }[] }) {
  if (rows.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <ul className={css.list}>
        {rows.map((r) => (
          <li key={r.name} className={css.countRow}>
            <span className={css.text}>
              {r.name}
              {r.note !== undefined && <span>{r.note}</span>}
            </span>
            <span className={css.number}>{formatCount(r.count)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Stack({ group: g }: { group: ExceptionDetail }) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  if (g.stacktrace === null) return <p className={css.quiet}>No stack trace was sent with the newest one.</p>
  const parts = foldStack(g.stacktrace.text)
  return (
    <section>
      <h3 className={css.stackHead}>
        Stack trace <CopyButton text={g.stacktrace.text} label="Copy stack trace" />
      </h3>
      <div className={css.stack} tabIndex={0} role="region" aria-label="Stack trace">
        {parts.map((p, i) =>
          p.own || open.has(i) ? (
            <pre key={i} data-own={p.own || undefined}>
              {p.lines.join('\n')}
            </pre>
          ) : (
            <button key={i} type="button" className={css.fold} onClick={() => setOpen(new Set([...open, i]))}>
              {plural(p.lines.length, 'line')} of libraries
            </button>
          ),
        )}
      </div>
    </section>
  )
}
