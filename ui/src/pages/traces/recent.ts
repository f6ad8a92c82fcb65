/** The searches last made in this browser. A comfort: nothing on the page depends on them. */
const KEY = 'sightline.queries'
const KEEP = 8

export function recentQueries(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string').slice(0, KEEP) : []
  } catch {
    return []
  }
}

export function rememberQuery(q: string): void {
  const t = q.trim()
  if (t === '') return
  try {
    localStorage.setItem(KEY, JSON.stringify([t, ...recentQueries().filter((r) => r !== t)].slice(0, KEEP)))
  } catch {
    // Storage is forbidden or full.
  }
}
