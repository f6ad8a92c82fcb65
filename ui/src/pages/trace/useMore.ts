/** Brings what a large trace's answer left out, a click at a time, and puts it in its place. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { childrenQuery, type TraceHint } from '../../api/trace'
import { rowOfSpan, spanId, type TraceModel } from '../../pure/trace'
import { withChildren } from '../../pure/traceMore'

export interface More {
  /** the trace with all that was brought */
  readonly trace: TraceModel
  /** the row whose spans are on their way, -1 for none */
  readonly loading: number
  readonly error: Error | null
  readonly load: (row: number) => void
}

type State = { answer: TraceModel; trace: TraceModel; next: ReadonlyMap<string, number>; loading: string | null; error: Error | null }

const fresh = (answer: TraceModel): State => ({ answer, trace: answer, next: new Map(), loading: null, error: null })

export function useMore(answer: TraceModel, hint: TraceHint): More {
  const queryClient = useQueryClient()
  const [kept, setState] = useState<State>(() => fresh(answer))
  // A newer answer of the server begins anew.
  const state = kept.answer === answer ? kept : fresh(answer)
  const { trace, next, loading } = state
  const { start, end, skew } = hint
  const load = useCallback(
    (row: number) => {
      if (loading !== null) return
      const span = spanId(trace.spans, row)
      const change = (patch: (s: State) => Partial<State>) =>
        setState((s) => {
          const now = s.answer === answer ? s : fresh(answer)
          return { ...now, ...patch(now) }
        })
      change(() => ({ loading: span, error: null }))
      queryClient.fetchQuery(childrenQuery(trace.traceId, span, next.get(span) ?? 0, { start, end, skew })).then(
        (part) => change((s) => ({ trace: withChildren(s.trace, part), next: new Map(s.next).set(span, part.next ?? 0), loading: null })),
        (error: unknown) => change(() => ({ loading: null, error: error instanceof Error ? error : new Error(String(error)) })),
      )
    },
    [queryClient, answer, trace, next, loading, start, end, skew],
  )
  return { trace, loading: loading === null ? -1 : rowOfSpan(trace.spans, loading), error: state.error, load }
}
