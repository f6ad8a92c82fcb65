// Why one of many requests is called typical.
import type { Typical } from '../api/types'
import { formatCount, formatDuration } from './format'

/** "The structure of 61 of 80 recent requests; 212 ms, median 208 ms". */
export function typicalWhy(t: Pick<Typical, 'by' | 'class' | 'sample' | 'alike' | 'duration_ns' | 'median_ns'>): string {
  const recent = `recent requests${t.class === 'ok' ? '' : ' that ended so'}`
  const near = `${formatDuration(t.duration_ns)}, median ${formatDuration(t.median_ns)}`
  if (t.by === 'duration') return `Nearest the median in duration; their traces are too large to compare what they do; ${near}`
  if (t.sample === 1) return `The only one there is; ${near}`
  if (t.by === 'middle') return `Nearest in structure to ${formatCount(t.sample)} ${recent}, which differ; ${near}`
  return `The structure of ${formatCount(t.alike)} of ${formatCount(t.sample)} ${recent}; ${near}`
}
