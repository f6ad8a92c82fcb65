import { ChevronRight, Minus, Pin, PinOff } from 'lucide-react'
import type { MouseEvent } from 'react'
import { useFacets } from '../../api/spans'
import type { Scope } from '../../api/hooks'
import type { Facet } from '../../api/types'
import { onlyClause, toggleClause } from '../../pure/clause'
import { countedOver, type FacetGroup, type FacetRow, groupsOf, keysOf, missingClause, rowsOf } from '../../pure/facets'
import { formatCount, formatShort, plural } from '../../pure/format'
import { ApiError } from '../../pure/problem'
import { addColumn, removeColumn } from '../../pure/spanColumns'
import { Button, IconButton } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import { Notice, Skeleton, Stale } from '../../widgets/States'
import { KeyPicker } from './KeyPicker'
import css from './Facets.module.css'

type Props = {
  /** The filter of the result, which is counted. */
  q: string
  scope: Scope
  /** Whether to count now; the list goes first. */
  ready: boolean
  /** The filter that a click changes; the result may be narrower, by the box on the chart. */
  base: string
  pins: readonly string[]
  toggled: readonly string[]
  onQuery: (q: string) => void
  onPins: (pins: string[]) => void
  onToggled: (toggled: string[]) => void
}

/** What the result consists of, counted by the server for the groups that are open. */
export function Facets({ q, scope, ready, base, pins, toggled, onQuery, onPins, onToggled }: Props) {
  const groups = groupsOf(pins, toggled)
  const counted = useFacets(q, scope, keysOf(groups), ready)
  const data = counted.data
  const byKey = new Map((data?.facets ?? []).map((f) => [f.key, f]))
  return (
    <Stale stale={counted.isPlaceholderData} className={css.facets}>
      {/* A search that can't be read says so itself. */}
      {counted.error !== null && !(counted.error instanceof ApiError && counted.error.code === 'bad_query') && (
        <Notice tone="warn" action={<Button size="sm" onClick={() => void counted.refetch()}>Try again</Button>}>
          The facets could not be counted.
        </Notice>
      )}
      {groups.map((g) => (
        <Group
          key={g.key}
          group={g}
          facet={byKey.get(g.key)}
          pending={counted.isPending}
          spans={data?.spans ?? 0}
          q={base}
          onQuery={onQuery}
          onToggle={() => onToggled(toggled.includes(g.key) ? toggled.filter((k) => k !== g.key) : [...toggled, g.key])}
          onUnpin={g.pinned ? () => onPins(removeColumn(pins, g.key)) : undefined}
        />
      ))}
      <Popover label="Pin an attribute" align="start" trigger={<Button look="quiet" size="sm" className={css.pin}><Pin size={13} aria-hidden="true" /> Pin an attribute</Button>}>
        <div className={css.popup}>
          <KeyPicker label="Attribute to pin" range={scope.range} taken={groups.map((g) => g.key)} onPick={(key) => onPins(addColumn(pins, key))} />
        </div>
      </Popover>
      {data !== undefined && <p className={css.note}>{countedOver(data)}</p>}
    </Stale>
  )
}

type GroupProps = {
  group: FacetGroup
  facet: Facet | undefined
  pending: boolean
  spans: number
  q: string
  onQuery: (q: string) => void
  onToggle: () => void
  onUnpin: (() => void) | undefined
}

function Group({ group, facet, pending, spans, q, onQuery, onToggle, onUnpin }: GroupProps) {
  const rows = facet === undefined ? [] : rowsOf(facet, q, spans)
  return (
    <section className={css.group} aria-label={group.title}>
      <div className={css.head}>
        <h2>
          <button type="button" className={css.title} aria-expanded={group.open} onClick={onToggle} title={group.key}>
            <ChevronRight size={13} aria-hidden="true" />
            <span>{group.title}</span>
          </button>
        </h2>
        {onUnpin !== undefined && (
          <IconButton size="sm" label={`Unpin ${group.title}`} onClick={onUnpin}>
            <PinOff size={13} />
          </IconButton>
        )}
      </div>
      {group.open && facet === undefined && pending && <Skeleton height={18} rows={3} gap={10} />}
      {group.open && facet !== undefined && (
        <>
          <ul>
            {rows.map((r) => (
              <Value key={r.filter} row={r} q={q} onQuery={onQuery} />
            ))}
          </ul>
          {rows.length === 0 && <p className={css.none}>{spans === 0 ? 'Nothing to count.' : 'No span of the result has it.'}</p>}
          {rows.length > 0 && <Rest facet={facet} q={q} onQuery={onQuery} />}
        </>
      )}
    </section>
  )
}

function Value({ row, q, onQuery }: { row: FacetRow; q: string; onQuery: (q: string) => void }) {
  const toggle = (sense: 'in' | 'out') => onQuery(toggleClause(q, row.filter, sense))
  const onClick = (event: MouseEvent) => toggle(event.altKey || row.stand === 'out' ? 'out' : 'in')
  const says = row.spans === null ? row.label : `${row.label}: ${plural(row.spans, 'span')}${row.bad > 0 ? `, ${formatCount(row.bad)} failed` : ''}`
  return (
    <li className={css.value} data-stand={row.stand ?? undefined}>
      <span className={css.share} style={{ width: `${100 * row.share}%` }}>
        {row.bad > 0 && row.spans !== null && row.bad < row.spans && <span className={css.failed} style={{ width: `${(100 * row.bad) / row.spans}%` }} />}
      </span>
      <button type="button" className={css.pick} aria-pressed={row.stand !== null} onClick={onClick} title={`${says}. Click for these, Alt-click for all but these`}>
        <span className={css.label}>{row.label}</span>
        <span className={css.count}>{row.spans === null ? (row.stand === 'out' ? 'left out' : '0') : formatShort(row.spans)}</span>
      </button>
      <span className={css.acts}>
        <button type="button" className={css.act} onClick={() => onQuery(onlyClause(q, row.filter))} aria-label={`Only ${row.label}`}>
          only
        </button>
        <button type="button" className={css.act} onClick={() => toggle('out')} aria-label={row.stand === 'out' ? `No longer leave out ${row.label}` : `Leave out ${row.label}`}>
          <Minus size={13} aria-hidden="true" />
        </button>
      </span>
    </li>
  )
}

/** What the ten values leave out. */
function Rest({ facet, q, onQuery }: { facet: Facet; q: string; onQuery: (q: string) => void }) {
  const [others, clause] = [facet.distinct - facet.values.length, missingClause(facet.key)]
  if (others <= 0 && facet.missing === 0) return null
  return (
    <p className={css.rest}>
      {others > 0 && <span>{plural(others, 'more value')}</span>}
      {facet.missing > 0 && (
        <button type="button" className={css.missing} onClick={() => onQuery(toggleClause(q, clause, 'in'))}>
          {formatShort(facet.missing)} without it
        </button>
      )}
    </p>
  )
}
