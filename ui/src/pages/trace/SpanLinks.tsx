import { Link } from '@tanstack/react-router'
import type { SpanDetail } from '../../api/types'
import { useShared } from '../../nav'
import css from './SpanPanel.module.css'

/** Other traces that this span points to, and those that point to it. */
export function SpanLinks({ span }: { span: SpanDetail }) {
  if (span.links.length + span.linked_from.length === 0) return <p className={css.none}>No links in either direction.</p>
  return (
    <>
      <Ends title="Links to" ends={span.links} />
      <Ends title="Linked from" ends={span.linked_from} />
    </>
  )
}

function Ends({ title, ends }: { title: string; ends: readonly { trace_id: string; span_id: string }[] }) {
  const { from, to, env } = useShared()
  if (ends.length === 0) return null
  return (
    <section>
      <h3 className={css.linksTitle}>{title}</h3>
      <ul>
        {ends.map((l) => (
          <li key={`${l.trace_id}/${l.span_id}`} className={css.linkRow}>
            <Link to="/trace/$traceId" params={{ traceId: l.trace_id }} search={{ from, to, env, span: l.span_id }}>
              <code>{l.trace_id}</code>
            </Link>
            <code className={css.linkSpan}>{l.span_id}</code>
          </li>
        ))}
      </ul>
    </section>
  )
}
