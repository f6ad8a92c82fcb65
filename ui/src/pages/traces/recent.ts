/** What this browser remembers of searches: comforts and defaults; what is shown stands in the URL. */
const QUERIES = 'sightline.queries'
const COLUMNS = 'sightline.columns'
const PINS = 'sightline.facets'
const KEEP = 8

function texts(key: string): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : []
  } catch {
    return []
  }
}

function keep(key: string, values: readonly string[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(values))
  } catch {
    // Storage is forbidden or full.
  }
}

export function recentQueries(): string[] {
  return texts(QUERIES).slice(0, KEEP)
}

export function rememberQuery(q: string): void {
  const t = q.trim()
  if (t !== '') keep(QUERIES, [t, ...recentQueries().filter((r) => r !== t)].slice(0, KEEP))
}

/** The columns of the span list where the URL names none. */
export function defaultColumns(): string[] {
  return texts(COLUMNS)
}

export function rememberColumns(columns: readonly string[]): void {
  keep(COLUMNS, columns)
}

/** The pinned attributes where the URL names none. */
export function defaultPins(): string[] {
  return texts(PINS)
}

export function rememberPins(pins: readonly string[]): void {
  keep(PINS, pins)
}
