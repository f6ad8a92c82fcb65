import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import type { Class, Series, Stats } from '../../api/types'
import { Histogram } from '../../map/Histogram'
import { Section } from '../../map/Panel'
import { Spark } from '../../map/Spark'
import { formatDuration, formatPercent, formatRate, plural } from '../../pure/format'
import { countPicked, type Pick } from '../../pure/mapQuery'
import { share } from '../../pure/mapStats'
import { OUTCOME_SHORT, OUTCOMES } from '../../pure/outcome'
import { failedShare } from '../../pure/red'
import { IconButton } from '../../widgets/Button'
import { ClassMark } from '../../widgets/ClassMark'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

/** Rate, failures and duration, each with its line over time. */
export function Red({ stats, series, mark }: { stats: Stats; series: Series | undefined; mark: PanelView['mark'] }) {
  const total = series?.ok.map((ok, i) => ok + series.error[i] + series.fault[i] + series.throttle[i]) ?? []
  const part = (what: 'error' | 'fault' | 'throttle') => series?.[what].map((v, i) => (total[i] > 0 ? v / total[i] : 0)) ?? []
  return (
    <div className={css.sparks}>
      <Spark label="Requests" mark={mark} figure={formatRate(stats.rate)} lines={[{ values: total, tone: 'strong', area: true }]} />
      <Spark
        label="Failed"
        mark={mark}
        figure={formatPercent(failedShare(stats))}
        least={0.05}
        lines={[{ values: part('error'), tone: 'error' }, { values: part('throttle'), tone: 'throttle' }, { values: part('fault'), tone: 'fault', area: true }]}
      />
      <Spark label="p95" mark={mark} figure={formatDuration(stats.p95_ns)} lines={[{ values: series?.p50_ns ?? [], tone: 'plain' }, { values: series?.p95_ns ?? [], tone: 'strong' }]} />
    </div>
  )
}

type DrillProps = { view: PanelView; stats: Stats; title?: string; other?: { histogram: Stats['histogram']; label: string }; query: (pick: Pick) => string }

/** Ranges of durations and some ways to end become a search for traces, which stands below as text. */
export function Drill({ view, stats, title = 'Latency', other, query }: DrillProps) {
  const { pick, onPick } = view
  const text = query(pick)
  const count = countPicked(stats.histogram, stats, pick)
  const toggle = (c: Class) => onPick({ ...pick, classes: pick.classes.includes(c) ? pick.classes.filter((x) => x !== c) : [...pick.classes, c] })
  return (
    <Section title={title} aside={<span className={css.muted}>avg {formatDuration(stats.avg_ns)}</span>}>
      <Histogram
        histogram={stats.histogram}
        other={other}
        marks={[['p50', stats.p50_ns], ['p95', stats.p95_ns], ['p99', stats.p99_ns]]}
        ranges={pick.ranges}
        onRanges={(ranges) => onPick({ ...pick, ranges })}
      />
      <fieldset className={css.classes}>
        <legend className="visually-hidden">How requests ended</legend>
        {OUTCOMES.map((c) => (
          <label key={c} className={css.class} data-empty={stats[c] <= 0 || undefined}>
            <input type="checkbox" checked={pick.classes.includes(c)} onChange={() => toggle(c)} />
            <ClassMark value={c} size={13} label={false} />
            {OUTCOME_SHORT[c]}
            <span className={css.muted}>{stats[c] > 0 ? formatPercent(share(stats, c)) : '0'}</span>
          </label>
        ))}
      </fieldset>
      {pick.operation !== '' && (
        <p className={css.chosen}>
          <span>{pick.operation}</span>
          <IconButton label="All operations" size="sm" onClick={() => onPick({ ...pick, operation: '' })}>
            <X size={13} />
          </IconButton>
        </p>
      )}
      <Link to="/traces" search={{ ...view.shared, q: text }} className={css.view}>
        View traces{count >= 1 && ` of ${plural(Math.round(count), 'request')}`}
      </Link>
      <code className={css.query}>{text}</code>
    </Section>
  )
}
