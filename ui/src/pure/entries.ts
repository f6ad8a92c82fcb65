import type { Service } from '../api/types'
import { quoteValue } from './query'

/** The filter for requests that came to a service; for one that takes none, such as a nightly job, for all it did. */
export function entriesOf(service: Pick<Service, 'name' | 'operations'>): string {
  const kinds = ['server', 'consumer'].filter((k) => service.operations.some((o) => o.kind === k))
  const q = `service = ${quoteValue(service.name)}`
  if (kinds.length === 0) return q
  const of = kinds.map((k) => `kind = ${k}`).join(' or ')
  return kinds.length === 1 ? `${q} and ${of}` : `${q} and (${of})`
}
