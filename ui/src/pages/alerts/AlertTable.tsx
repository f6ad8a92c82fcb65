import { Link } from '@tanstack/react-router'
import { BookOpen, ListTree, Network } from 'lucide-react'
import type { Alert } from '../../api/alerts'
import type { MapNode } from '../../api/types'
import { formatValue, isAbout, otherLabels, safeUrl, sayingOf, tracesOf } from '../../pure/alerts'
import { hueOf } from '../../pure/colour'
import type { SharedSearch } from '../../url'
import { SeverityMark } from '../../widgets/AlertBadge'
import { Since } from '../../widgets/AlertItems'
import { CopyButton } from '../../widgets/CopyButton'
import { ServiceName } from '../../widgets/ServiceName'
import css from './AlertTable.module.css'

type Props = { alerts: readonly Alert[]; nodes: readonly MapNode[]; shared: SharedSearch; now: number }

const TITLES = { firing: 'Firing', pending: 'Pending', resolved: 'Ended' } as const

/** One block a state, the loudest alert first. */
export function AlertTable({ alerts, nodes, shared, now }: Props) {
  return (['firing', 'pending', 'resolved'] as const).map((state) => {
    const some = alerts.filter((a) => a.state === state)
    if (some.length === 0) return null
    return (
      <section key={state} className={css.block} aria-labelledby={`alerts-${state}`}>
        <h2 id={`alerts-${state}`}>
          {TITLES[state]} <span>{some.length}</span>
        </h2>
        <ul className={css.list}>
          {some.map((a) => (
            <Row key={`${a.id} ${a.since}`} alert={a} nodes={nodes} shared={shared} now={now} />
          ))}
        </ul>
      </section>
    )
  })
}

function Row({ alert: a, nodes, shared, now }: { alert: Alert; nodes: readonly MapNode[]; shared: SharedSearch; now: number }) {
  const traces = tracesOf(a, now)
  const runbook = safeUrl(a.annotations.runbook_url)
  const saying = sayingOf(a)
  const more = a.annotations.summary !== undefined && a.annotations.description !== undefined && a.annotations.description !== saying ? a.annotations.description : ''
  const labels = otherLabels(a)
  return (
    <li className={css.row} data-alert data-state={a.state} tabIndex={-1}>
      <div className={css.severity}>
        <SeverityMark severity={a.severity} state={a.state} />
      </div>
      <div className={css.main}>
        <p className={css.head}>
          <Link to="/alerts" search={{ ...shared, rule: a.rule }} className={css.rule}>
            {a.rule}
          </Link>
          <About alert={a} nodes={nodes} shared={shared} />
        </p>
        {saying !== '' && <p className={css.saying}>{saying}</p>}
        {more !== '' && <p className={css.more}>{more}</p>}
        <p className={css.query}>
          <code title={a.query}>{a.query}</code>
          <CopyButton text={a.query} label={`Copy the query of ${a.rule}`} />
        </p>
        {(labels.length > 0 || traces !== null || runbook !== null) && (
          <p className={css.foot}>
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
            {labels.map(([name, value]) => (
              <span key={name} className={css.label}>
                {name}=<b>{value}</b>
              </span>
            ))}
          </p>
        )}
      </div>
      <div className={css.figures}>
        {a.value !== null && (
          <span className={css.value}>
            <small>value</small>{' '}
            {formatValue(a.value)}
          </span>
        )}
        <Since alert={a} now={now} />
      </div>
    </li>
  )
}

/** The service or node, with the ways to its page and to its place on the map where it is on it. */
function About({ alert: a, nodes, shared }: { alert: Alert; nodes: readonly MapNode[]; shared: SharedSearch }) {
  const name = a.target.node || a.target.service
  if (name === '') return null
  const node = nodes.find((n) => isAbout(a.target, n))
  const where = [a.target.env, a.target.namespace, a.target.operation].filter((t) => t !== '').join(' · ')
  const text = <ServiceName name={name} hue={hueOf(name)} />
  return (
    <span className={css.about}>
      {node?.kind === 'service' ? (
        <Link to="/services/$name" params={{ name: node.name }} search={{ ...shared, env: a.target.env || shared.env }}>
          {text}
        </Link>
      ) : (
        text
      )}
      {where !== '' && <span className={css.where}>{where}</span>}
      {node !== undefined && (
        <Link to="/map" search={{ ...shared, sel: `n:${node.id}` }} className={css.map} aria-label={`${name} on the map`} title="On the map">
          <Network size={13} aria-hidden="true" />
        </Link>
      )}
    </span>
  )
}
