// The attributes of two spans side by side.
import type { Attribute, SpanDetail } from '../api/types'

export type AttributeChange = 'same' | 'changed' | 'added' | 'removed'

export interface AttributePair {
  readonly key: string
  readonly change: AttributeChange
  readonly a: Attribute | null
  readonly b: Attribute | null
}

export interface AttributeDiff {
  readonly title: 'Span' | 'Resource'
  /** what differs first, then by key */
  readonly pairs: readonly AttributePair[]
}

/** Attributes of the spans and of their resources; a repeated key counts once, as its last value. */
export function attributeDiff(a: SpanDetail | null, b: SpanDetail | null): AttributeDiff[] {
  return [
    { title: 'Span', pairs: pairsOf([...own(a), ...(a?.attributes ?? [])], [...own(b), ...(b?.attributes ?? [])]) },
    { title: 'Resource', pairs: pairsOf(a?.resource.attributes ?? [], b?.resource.attributes ?? []) },
  ]
}

/** What a span says of its end is no attribute, but is compared like one. */
function own(span: SpanDetail | null): Attribute[] {
  if (span === null) return []
  const message: Attribute[] = span.status_message === '' ? [] : [{ key: 'status.message', type: 'string', value: span.status_message }]
  const events: Attribute[] = span.events.length === 0 ? [] : [{ key: 'events', type: 'string', value: span.events.map((e) => e.name).join(', ') }]
  return [...message, ...events]
}

function pairsOf(a: readonly Attribute[], b: readonly Attribute[]): AttributePair[] {
  const first = new Map(a.map((x) => [x.key, x]))
  const second = new Map(b.map((x) => [x.key, x]))
  const keys = [...new Set([...first.keys(), ...second.keys()])].sort()
  const pairs = keys.map((key): AttributePair => {
    const [x, y] = [first.get(key) ?? null, second.get(key) ?? null]
    const change = x === null ? 'added' : y === null ? 'removed' : x.type === y.type && x.value === y.value ? 'same' : 'changed'
    return { key, change, a: x, b: y }
  })
  return [...pairs.filter((p) => p.change !== 'same'), ...pairs.filter((p) => p.change === 'same')]
}
