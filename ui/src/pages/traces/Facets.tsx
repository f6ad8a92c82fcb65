import { useState, type MouseEvent } from 'react'
import type { Facet } from '../../pure/facets'
import { formatCount } from '../../pure/format'
import { conditionsOf } from '../../pure/query'
import css from './Facets.module.css'

const SHOWN = 8

type Props = {
  facets: readonly Facet[]
  q: string
  total: number
  onToggle: (key: string, value: string, exclude: boolean) => void
}

/** What the result consists of. A click asks for only that, with Alt for everything but that. */
export function Facets({ facets, q, total, onToggle }: Props) {
  const chosen = conditionsOf(q)
  return (
    <div className={css.facets}>
      {facets.filter((f) => f.values.length > 0).map((f) => (
        <FacetGroup key={f.key} facet={f} total={total} chosen={(value) => chosen.find((c) => c.key === f.key && c.value === value)?.op} onToggle={onToggle} />
      ))}
    </div>
  )
}

type GroupProps = {
  facet: Facet
  total: number
  chosen: (value: string) => '=' | '!=' | undefined
  onToggle: Props['onToggle']
}

function FacetGroup({ facet, total, chosen, onToggle }: GroupProps) {
  const [all, setAll] = useState(false)
  const values = all ? facet.values : facet.values.slice(0, SHOWN)
  const toggle = (value: string) => (event: MouseEvent) => onToggle(facet.key, value, event.altKey)
  return (
    <section className={css.group} aria-label={facet.title}>
      <h2>{facet.title}</h2>
      <ul>
        {values.map((v) => {
          const state = chosen(v.value)
          return (
            <li key={v.value}>
              <button type="button" className={css.value} aria-pressed={state !== undefined} data-excluded={state === '!=' || undefined} onClick={toggle(v.value)} title={`${v.label}: click for only these, Alt-click for all but these`}>
                <span className={css.share} style={{ width: `${total === 0 ? 0 : (100 * v.count) / total}%` }} />
                <span className={css.label}>{v.label}</span>
                <span className={css.count}>{formatCount(v.count)}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {facet.values.length > SHOWN && (
        <button type="button" className={css.more} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${facet.values.length - SHOWN} more`}
        </button>
      )}
    </section>
  )
}
