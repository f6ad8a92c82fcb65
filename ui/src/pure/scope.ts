/** What a page can be limited to besides its time range. */
import type { Services } from '../api/types'

export type Part = 'env' | 'namespace'

export const SCOPE_WORDS: Record<Part, { name: string; all: string; none: string }> = {
  env: { name: 'Environment', all: 'All environments', none: 'No environment is named in this time range.' },
  namespace: { name: 'Namespace', all: 'All namespaces', none: 'No namespace is named in this time range.' },
}

/** The values that services have, by name; what is chosen is among them even where nothing has it. */
export function choicesOf(found: Services | undefined, part: Part, chosen: string | undefined): string[] {
  const values = found === undefined ? [] : part === 'env' ? found.envs : found.services.map((s) => s.namespace)
  return [...new Set(chosen === undefined ? values : [...values, chosen])].filter((v) => v !== '').sort()
}
