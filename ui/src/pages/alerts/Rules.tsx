import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react'
import type { AlertRule, RuleGroup } from '../../api/alerts'
import { durationsOf, seconds } from '../../pure/alertPage'
import { toneOf } from '../../pure/alerts'
import { formatAgo, formatDuration, plural } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Shape } from '../../widgets/AlertBadge'
import { CopyButton } from '../../widgets/CopyButton'
import css from './Rules.module.css'

type Props = { groups: readonly RuleGroup[]; /** only this one */ chosen: string | undefined; now: number }

/** The rules by group, as the files have them, with how they fare. */
export function Rules({ groups, chosen, now }: Props) {
  const shown = groups.map((g) => ({ ...g, rules: g.rules.filter((r) => chosen === undefined || r.name === chosen) })).filter((g) => g.rules.length > 0)
  if (shown.length === 0) return null
  return (
    <section className={css.rules} aria-labelledby="rules">
      <h2 id="rules">
        Rules <span>{shown.reduce((n, g) => n + g.rules.length, 0)}</span>
      </h2>
      {shown.map((g) => (
        <Group key={`${g.file} ${g.name}`} group={g} now={now} />
      ))}
    </section>
  )
}

function Group({ group: g, now }: { group: RuleGroup; now: number }) {
  return (
    <section className={css.group} aria-label={`Group ${g.name}`}>
      <header className={css.head}>
        <h3>{g.name}</h3>
        <p>
          {plural(g.rules.length, 'rule')} · every {seconds(g.interval_s)}
          {g.last_evaluation !== null && ` · evaluated ${formatAgo(Math.min(now, epochMsOfRFC3339(g.last_evaluation)), now)} in ${formatDuration(g.evaluation_ms * 1e6)}`}
        </p>
        <p className={css.file} title={g.file}>
          {g.file}
        </p>
      </header>
      <ul>
        {g.rules.map((r, i) => (
          <Rule key={`${i} ${r.name}`} rule={r} now={now} />
        ))}
      </ul>
    </section>
  )
}

const HEALTH = { ok: 'evaluated', err: 'failed', unknown: 'not evaluated yet' } as const

function Rule({ rule: r, now }: { rule: AlertRule; now: number }) {
  const facts = [r.kind === 'recording' ? 'recording rule' : (r.labels.severity ?? ''), durationsOf(r)].filter((t) => t !== '')
  return (
    <li className={css.rule}>
      <div className={css.state} data-state={r.kind === 'recording' ? 'recording' : r.state} data-shape={r.state === 'firing' ? toneOf(r.labels.severity ?? '') : r.state}>
        {r.kind === 'alerting' && r.state !== 'inactive' && <Shape shape={r.state === 'firing' ? toneOf(r.labels.severity ?? '') : 'pending'} size={12} />}
        {r.kind === 'recording' ? 'records' : r.state}
      </div>
      <div className={css.what}>
        <p className={css.name}>
          <strong>{r.name}</strong> {facts.length > 0 && <span>{facts.join(' · ')}</span>}
        </p>
        <p className={css.query}>
          <code>{r.query}</code>
          <CopyButton text={r.query} label={`Copy the query of the rule ${r.name}`} />
        </p>
        {r.error !== '' && <p className={css.error}>{r.error}</p>}
      </div>
      <p className={css.health} data-health={r.health}>
        {r.health === 'ok' ? <CircleCheck size={14} aria-hidden="true" /> : r.health === 'err' ? <CircleAlert size={14} aria-hidden="true" /> : <CircleDashed size={14} aria-hidden="true" />}
        <span>
          {HEALTH[r.health]}
          {r.last_evaluation !== null && ` ${formatAgo(Math.min(now, epochMsOfRFC3339(r.last_evaluation)), now)}`}
        </span>
      </p>
    </li>
  )
}
