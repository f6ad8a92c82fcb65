// The attributes of two spans side by side.
import type { Attribute, SpanDetail } from '../api/types'
import { quote } from './mapQuery'

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

export interface AttributeGroup {
  /** empty where there is one group only */
  readonly title: string
  readonly list: readonly Attribute[]
}

/** Fewer attributes than this read better as one list. */
const GROUPED_FROM = 9

/** Attributes that contain a text, in groups by the first word of their keys; pinned ones come first. `pins` have the prefix. */
export function attributeGroups(list: readonly Attribute[], prefix: string, text: string, pins: readonly string[]): AttributeGroup[] {
  const wanted = text.trim().toLowerCase()
  const found = list.filter((a) => `${a.key} ${a.value}`.toLowerCase().includes(wanted))
  const pinned = found.filter((a) => pins.includes(prefix + a.key))
  const rest = found.filter((a) => !pins.includes(prefix + a.key))
  const first: AttributeGroup[] = pinned.length > 0 ? [{ title: 'Pinned', list: pinned }] : []
  if (rest.length === 0) return first
  if (list.length < GROUPED_FROM) return [...first, { title: first.length > 0 ? 'Others' : '', list: rest }]
  const words = new Map<string, Attribute[]>()
  for (const a of rest) {
    const word = a.key.includes('.') ? a.key.slice(0, a.key.indexOf('.')) : ''
    const same = words.get(word)
    if (same) same.push(a)
    else words.set(word, [a])
  }
  const alone = [...words].filter(([word, same]) => word === '' || same.length === 1).flatMap(([, same]) => same)
  const groups = [...words].filter(([word, same]) => word !== '' && same.length > 1)
  return [...first, ...groups.map(([title, same]) => ({ title, list: same })), ...(alone.length > 0 ? [{ title: groups.length + first.length > 0 ? 'Others' : '', list: alone }] : [])]
}

/** The search for spans with the same value, which keeps the type that it was sent with. */
export function attributeClause(prefix: string, a: Attribute): string {
  const key = prefix + a.key
  if (a.type === 'empty' || a.value === '') return `exists ${key}`
  if (a.type === 'int' || a.type === 'double' || a.type === 'bool') return `${key} = ${a.value}`
  // Text that reads like another type stays text only in quotes; a star of the value is no wildcard.
  const text = quote(a.value)
  const plain = text.startsWith('"') || !/^(true|false)$/.test(a.value) ? text : `"${a.value}"`
  return `${key} = ${plain.startsWith('"') ? plain.replaceAll('*', '\\*') : plain}`
}
