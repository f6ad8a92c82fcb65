import { Link } from '@tanstack/react-router'
import { BookOpen, ListTree } from 'lucide-react'
import type { Alert } from '../api/alerts'
import { formatValue, safeUrl, sayingOf, tracesOf } from '../pure/alerts'
import { formatAgo, formatMoment } from '../pure/format'
import { epochMsOfRFC3339 } from '../pure/units'
import type { SharedSearch } from '../url'
import { SeverityMark } from './AlertBadge'
import { useNow } from './useNow'
import css from './AlertItems.module.css'

type Props = { alerts: readonly Alert[]; shared: SharedSearch; /** as many are listed; the others are on the alerts' page */ most?: number; /** says what each is about */ named?: boolean }

/** Alerts beside what they are about: the rule, what it says, since when, and where to go on. */
export function AlertItems({ alerts, shared, most = 4, named = false }: Props) {
  const now = useNow(10_000)
  const rest = alerts.length - most
  return (
    <>
      <ul className={css.list}>
        {alerts.slice(0, most).map((a) => (
          <Item key={a.id} alert={a} shared={shared} named={named} now={now} />
        ))}
      </ul>
      {rest > 0 && (
        <p className={css.more}>
          <Link to="/alerts" search={shared}>and {rest} more</Link>
        </p>
      )}
    </>
  )
}

function Item({ alert: a, shared, named, now }: { alert: Alert; shared: SharedSearch; named: boolean; now: number }) {
  const traces = tracesOf(a, now)
  const runbook = safeUrl(a.annotations.runbook_url)
  const saying = sayingOf(a)
  return (
    <li className={css.item} data-state={a.state}>
      <div className={css.head}>
        <SeverityMark severity={a.severity} state={a.state} />
        <Link to="/alerts" search={{ ...shared, rule: a.rule }} className={css.rule}>
          {a.rule}
        </Link>
        <Since alert={a} now={now} />
      </div>
      {saying !== '' && <p className={css.saying}>{saying}</p>}
      <p className={css.foot}>
        {named && <span>{a.target.service || a.target.node}</span>}
        {a.value !== null && <span>value {formatValue(a.value)}</span>}
        {traces !== null && (
          <Link to="/traces" search={{ ...shared, live: undefined, ...traces.range, q: traces.q }}>
            <ListTree size={13} aria-hidden="true" /> Traces<span className="visually-hidden"> of {a.rule}</span>
          </Link>
        )}
        {runbook !== null && (
          <a href={runbook} target="_blank" rel="noreferrer">
            <BookOpen size={13} aria-hidden="true" /> Runbook<span className="visually-hidden"> of {a.rule}</span>
          </a>
        )}
      </p>
    </li>
  )
}

/** Since when it fires or waits; of one that is over, when it ended. */
export function Since({ alert: a, now }: { alert: Alert; now: number }) {
  const began = epochMsOfRFC3339(a.firing_since ?? a.since)
  const ended = a.ended === null ? null : epochMsOfRFC3339(a.ended)
  const words = a.state === 'pending' ? 'pending since' : 'firing since'
  return (
    <span className={css.since} title={ended === null ? `${words} ${formatMoment(began, now)}` : `${formatMoment(began, now)} to ${formatMoment(ended, now)}`}>
      {ended === null ? (
        <>
          <span className="visually-hidden">{words} </span>
          {formatAgo(Math.min(began, now), now)}
        </>
      ) : (
        `ended ${formatAgo(Math.min(ended, now), now)}`
      )}
    </span>
  )
}
