/** How the command palette ranks what it offers. */

export type Entry<T> = { label: string; /** Also found by these words. */ words?: string; value: T }

/**
 * How well `query` matches `text`: null for not at all, else higher is better. All letters must come in order; a run of
 * them counts more, a run at the start of a word most, and short texts win over long ones.
 */
export function score(query: string, text: string): number | null {
  const q = query.toLowerCase().replace(/\s+/g, '')
  if (q === '') return 0
  const t = text.toLowerCase()
  const whole = t.indexOf(q)
  if (whole >= 0) return 1000 + (whole === 0 ? 400 : startsWord(t, whole) ? 300 : 0) - text.length
  let points = 0
  let at = -1
  for (const letter of q) {
    const next = t.indexOf(letter, at + 1)
    if (next < 0) return null
    points += next === at + 1 ? 12 : startsWord(t, next) ? 8 : -Math.min(6, next - at)
    at = next
  }
  return points < 7 * q.length ? null : points - text.length / 4
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[^a-z0-9]/.test(text[at - 1])
}

/** The best entries, best first; entries that score the same keep their order. */
export function rank<T>(entries: readonly Entry<T>[], query: string, limit: number): Entry<T>[] {
  const scored: { entry: Entry<T>; points: number }[] = []
  for (const entry of entries) {
    const byLabel = score(query, entry.label)
    const byWords = entry.words === undefined ? null : score(query, entry.words)
    const points = Math.max(byLabel ?? -Infinity, byWords === null ? -Infinity : byWords - 50)
    if (points > -Infinity) scored.push({ entry, points })
  }
  scored.sort((a, b) => b.points - a.points)
  return scored.slice(0, limit).map((s) => s.entry)
}

/** A filter for operations that have the text in their name, whatever its case; empty for texts that would find everything. */
export function operationsWith(text: string): string {
  const t = text.trim()
  if (t.length < 2) return ''
  return `name =~ ${JSON.stringify('(?i)' + t.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))}`
}

/** The next index in a list that goes around. */
export function step(index: number, by: number, length: number): number {
  return length === 0 ? 0 : (index + by + length) % length
}
