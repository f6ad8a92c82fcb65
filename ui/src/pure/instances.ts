/** The processes of a service, in order, and which of them stand out. */
import type { Instance } from '../api/types'

export type InstanceKey = 'id' | 'requests' | 'bad' | 'p95' | 'last'

const failed = (i: Instance) => (i.requests > 0 ? i.bad / i.requests : 0)

/** Names ascending, figures descending, equals by name. */
export function sortInstances(all: readonly Instance[], by: InstanceKey): Instance[] {
  const figure = (i: Instance) => (by === 'id' ? 0 : by === 'requests' ? i.requests : by === 'bad' ? failed(i) : by === 'p95' ? i.p95_ns : Date.parse(i.last_seen))
  return [...all].sort((a, b) => figure(b) - figure(a) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** The share of failures that the middle instance has. */
export function medianShare(all: readonly Instance[]): number {
  const shares = all.filter((i) => i.requests > 0).map(failed).sort((a, b) => a - b)
  return shares.length === 0 ? 0 : shares[Math.floor(shares.length / 2)]
}

/** An instance that fails much more often than the middle one, with enough requests to say so. */
export function isOdd(i: Instance, usual: number): boolean {
  return i.requests >= 20 && failed(i) >= 0.02 && failed(i) > 3 * usual
}
