import type { Stats } from '../../api/types'
import { Section } from '../../map/Panel'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { changeText, deltaOf, pointsText, VERSUS_WORDS } from '../../pure/mapCompare'
import { failedShare } from '../../pure/red'
import { changeOf } from '../../pure/red'
import type { Before } from './useCompared'
import css from './MapPanels.module.css'

/** Now and before side by side. */
export function Compared({ now, then, before }: { now: Stats; then: Stats | null | undefined; before: Before }) {
  const d = deltaOf(now, then ?? null)
  const words = VERSUS_WORDS[before.versus]
  if (d.before === null) {
    return (
      <Section title={`Against ${words}`}>
        <p className={css.muted}>{before.map.nodes.length === 0 ? 'Nothing was received then.' : 'Had no requests then.'}</p>
      </Section>
    )
  }
  const was = d.before
  const rows: readonly (readonly [string, string, string, string, string])[] = [
    ['Requests', formatRate(now.rate), formatRate(was.rate), d.rate ? changeText(d.rate) : '', 'same'],
    ['Failed', formatPercent(failedShare(now)), formatPercent(failedShare(was)), pointsText(d.bad.by), d.bad.tone],
    ...([['p50', 'p50_ns'], ['p95', 'p95_ns'], ['p99', 'p99_ns']] as const).map(([label, key]) => {
      const change = key === 'p95_ns' ? d.p95 : changeOf(now[key], was[key], 'neutral')
      return [label, formatDuration(now[key]), formatDuration(was[key]), change ? changeText(change) : '', change?.tone ?? 'same'] as const
    }),
  ]
  return (
    <Section title={`Against ${words}`}>
      <table className={css.sides}>
        <thead>
          <tr>
            <td />
            <th scope="col">Now</th>
            <th scope="col">Then</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, is, were, change, tone]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{is}</td>
              <td>{were}</td>
              <td data-tone={tone}>{change}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
