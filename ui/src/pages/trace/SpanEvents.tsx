import { Link } from '@tanstack/react-router'
import { CircleAlert, Dot } from 'lucide-react'
import type { Attribute, SpanDetail } from '../../api/types'
import { useShared } from '../../nav'
import { formatDuration } from '../../pure/format'
import { CopyButton } from '../../widgets/CopyButton'
import css from './SpanPanel.module.css'

const STACK = 'exception.stacktrace'

/** What happened within the span, in order of time; exceptions first name themselves, then show their stack. */
export function SpanEvents({ span }: { span: SpanDetail }) {
  if (span.events.length === 0) return <p className={css.none}>Nothing happened within this span that it told of.</p>
  return (
    <ol className={css.events}>
      {[...span.events].sort((a, b) => a.offset_ns - b.offset_ns).map((e, i) => (
        <li key={i} className={css.event}>
          <Event name={e.name} at={e.offset_ns} attributes={e.attributes} service={span.service} />
        </li>
      ))}
      {span.dropped_events > 0 && <li className={css.none}>{span.dropped_events} more were dropped by the sender.</li>}
    </ol>
  )
}

function Event({ name, at, attributes, service }: { name: string; at: number; attributes: readonly Attribute[]; service: string }) {
  const shared = useShared()
  const value = (key: string) => {
    const found = attributes.find((a) => a.key === key)
    return found ? String(found.value) : ''
  }
  const type = value('exception.type')
  const stack = value(STACK)
  const rest = attributes.filter((a) => !a.key.startsWith('exception.'))
  return (
    <>
      <p className={css.eventHead}>
        {type !== '' || name === 'exception' ? <CircleAlert size={14} className={css.exception} aria-label="exception" /> : <Dot size={14} aria-hidden="true" />}
        <strong>{type !== '' ? type : name}</strong>
        <span>+{formatDuration(at)}</span>
      </p>
      {value('exception.message') !== '' && <p className={css.eventText}>{value('exception.message')}</p>}
      {type !== '' && (
        <p>
          <Link to="/exceptions" search={{ ...shared, service, q: type }}>
            Others like it
          </Link>
        </p>
      )}
      {rest.length > 0 && (
        <dl className={css.small}>
          {rest.map((a) => (
            <div key={a.key}>
              <dt>{a.key}</dt>
              <dd>{String(a.value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {stack !== '' && (
        <details className={css.stack} open>
          <summary>
            Stack <CopyButton text={stack} label="Copy stack" />
          </summary>
          <pre tabIndex={0}>{stack}</pre>
        </details>
      )}
    </>
  )
}
