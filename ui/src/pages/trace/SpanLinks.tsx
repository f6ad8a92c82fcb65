import { Link, useSearch } from '@tanstack/react-router'
import type { SpanDetail } from '../../api/types'
import { useShared } from '../../nav'
import type { SearchFor } from '../../url'
import css from './SpanPanel.module.css'

/** Other traces that this span points to, and those that point to it. */
export function SpanLinks({ span }: { span: SpanDetail }) {
  if (span.links.length + span.linked_from.length === 0) return <p className={css.none}>No links in either direction.</p>
  return (
    <>
      <Ends title="Links to" of={span.trace_id} ends={span.links} />
      <Ends title="Linked from" of={span.trace_id} ends={span.linked_from} />
    </>
  )
}

function Ends({ title, of, ends }: { title: string; of: string; ends: readonly { trace_id: string; span_id: string }[] }) {
  const { from, to, env } = useShared()
  // Only the trace of a file itself is there without being stored.
  const { file }: SearchFor<'trace'> = useSearch({ strict: false })
  if (ends.length === 0) return null
  return (
    <section>
      <h3 className={css.linksTitle}>{title}</h3>
      <ul>
        {ends.map((l) => (
          <li key={`${l.trace_id}/${l.span_id}`} className={css.linkRow}>
            <Link to="/trace/$traceId" params={{ traceId: l.trace_id }} search={{ from, to, env, span: l.span_id, file: l.trace_id === of ? file : undefined }}>
              <code>{l.trace_id}</code>
            </Link>
            <code className={css.linkSpan}>{l.span_id}</code>
          </li>
        ))}
      </ul>
    </section>
  )
}
