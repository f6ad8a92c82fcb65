import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { ExceptionGroup } from '../../api/exceptions'
import { assignHues } from '../../pure/colour'
import { badgeOf, firstLine, nameOf } from '../../pure/exceptions'
import { formatAgo, formatMoment, formatShort } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import type { SearchFor } from '../../url'
import { ServiceName } from '../../widgets/ServiceName'
import { Sparkline } from '../../widgets/Sparkline'
import { useNow } from '../../widgets/useNow'
import css from './ExceptionList.module.css'

type Props = { groups: readonly ExceptionGroup[]; /** of the page that a group opens in */ search: SearchFor<'exceptions'>; /** whether the service is told */ service: boolean }

/** One line a group: what and where, how often, since when. */
export function ExceptionList({ groups, search, service }: Props) {
  const hues = useMemo(() => assignHues(groups.map((g) => g.service)), [groups])
  const now = useNow(10_000)
  return (
    <div role="table" aria-label="Groups of exceptions" className={css.table}>
      <div role="rowgroup">
        <div role="row" className={css.head}>
          <div role="columnheader">Exception</div>
          <div role="columnheader" data-right>
            Times
          </div>
          <div role="columnheader" data-right>
            Seen last
          </div>
          <div role="columnheader" data-right>
            Seen first
          </div>
        </div>
      </div>
      <div role="rowgroup">
        {groups.map((g) => (
          <Row key={g.fingerprint} group={g} hue={service ? (hues.get(g.service) ?? 0) : null} search={search} now={now} />
        ))}
      </div>
    </div>
  )
}

function Row({ group: g, hue, search, now }: { group: ExceptionGroup; hue: number | null; search: SearchFor<'exceptions'>; now: number }) {
  const badge = badgeOf(g)
  const [first, last] = [epochMsOfRFC3339(g.first_seen), epochMsOfRFC3339(g.last_seen)]
  const where = g.place !== '' ? g.place : (g.operations[0] ?? '')
  return (
    <div role="row" className={css.row} data-selected={g.fingerprint === search.sel || undefined}>
      <div role="cell" className={css.what}>
        <span className={css.name}>
          <Link to="/exceptions" search={{ ...search, sel: g.fingerprint }} className={css.link} title={g.type}>
            {nameOf(g)}
          </Link>
          {g.type !== '' && <span className={css.message}>{firstLine(g.message)}</span>}
          {badge !== null && (
            <span className={css.badge} title={badge.why}>
              {badge.label}
            </span>
          )}
        </span>
        <span className={css.sub}>
          {hue !== null && <ServiceName name={g.service} hue={hue} />}
          <span className={css.place} title={where}>
            {where}
          </span>
        </span>
      </div>
      <div role="cell" className={css.often}>
        <Sparkline values={g.series.count} tone="fault" />
        <span>{formatShort(g.count)}</span>
      </div>
      <div role="cell" className={css.when} title={formatMoment(last, now)}>
        {formatAgo(last, now)}
      </div>
      <div role="cell" className={css.when} title={formatMoment(first, now)}>
        {formatAgo(first, now)}
        {badge === null && g.version !== '' && <span className={css.since}>in {g.version}</span>}
      </div>
    </div>
  )
}
