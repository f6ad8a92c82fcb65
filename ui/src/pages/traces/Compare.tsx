import { Minus, Pin, Search, X } from 'lucide-react'
import { useState, type MouseEvent, type SyntheticEvent } from 'react'
import type { Scope } from '../../api/hooks'
import { useCompare } from '../../api/spans'
import type { Baseline, ComparedAttribute, ComparedValue } from '../../api/types'
import type { Brush } from '../../pure/brush'
import { standOf, toggleClause } from '../../pure/clause'
import { BASE_LABEL, BASES, CARDS, cardsOf, coverageOf, questionOf, scaleOf, sideWords, strengthOf, type Subject, valuesOf } from '../../pure/compare'
import { formatPercent, formatShort } from '../../pure/format'
import { Button, IconButton } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { Switch } from '../../widgets/Segmented'
import { Empty, ErrorState, Notice, Skeleton, Stale } from '../../widgets/States'
import css from './Compare.module.css'

export type Choice = { cmp?: Subject; base?: Exclude<Baseline, 'rest'>; bq?: string; find?: string; ids?: boolean }

type Props = {
  subject: Subject
  /** The filter whose spans are compared, in the scope's range. */
  q: string
  /** The filter that a click on a bar changes. */
  base: string
  scope: Scope
  brush: Brush | null
  choice: Choice
  onChoice: (patch: Choice, typing?: boolean) => void
  onQuery: (q: string) => void
  onPin: (key: string) => void
}

/** What is different about some spans: for each attribute how often its values occur in them, and in the others. */
export function Compare({ subject, q, base, scope, brush, choice, onChoice, onQuery, onPin }: Props) {
  const against = choice.base ?? 'rest'
  const question = questionOf(subject, q, scope.range, brush, against, choice.bq ?? '')
  const result = useCompare(question?.q ?? '', scope, question?.of ?? null)
  const data = question === null ? undefined : result.data
  const cards = cardsOf(data?.attributes ?? [], subject, choice.find ?? '', choice.ids === true)
  const what = subject === 'failed' ? 'failed' : 'selected'
  return (
    <section className={css.compare} aria-label="Comparison">
      <header className={css.head}>
        <div className={css.title}>
          <h2>{subject === 'failed' ? 'What is different about the failures?' : 'What is different about the selection?'}</h2>
          <p className={css.sides} aria-live="polite">
            {data !== undefined && (
              <>
                <i className={css.swatch} data-side="selection" /> {sideWords(data.selection, `${what} span`)} <i className={css.swatch} data-side="baseline" /> {sideWords(data.baseline, 'other')}
              </>
            )}
          </p>
        </div>
        <IconButton label="Back to the list" onClick={() => onChoice({ cmp: undefined, base: undefined, bq: undefined, find: undefined, ids: undefined })}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={css.controls}>
        <label className={css.against}>
          Against
          <select className={css.select} value={against} onChange={(e) => onChoice({ base: BASES.filter((b) => b !== 'rest').find((b) => b === e.target.value) })}>
            {BASES.map((b) => (
              <option key={b} value={b}>
                {BASE_LABEL[b]}
              </option>
            ))}
          </select>
        </label>
        {against === 'query' && <OtherSearch value={choice.bq ?? ''} onApply={(bq) => onChoice({ bq: bq === '' ? undefined : bq })} />}
        <Input label="Find an attribute" placeholder="Find an attribute" icon={<Search size={14} />} value={choice.find ?? ''} onChange={(e) => onChoice({ find: e.target.value === '' ? undefined : e.target.value }, true)} className={css.find} />
        {(cards.ids > 0 || choice.ids === true) && <Switch label={`Ids too (${cards.ids})`} checked={choice.ids === true} onChange={(on) => onChoice({ ids: on ? true : undefined }, true)} />}
      </div>
      {question === null ? (
        <Empty title={subject === 'brush' ? 'Nothing is selected' : 'Which search?'}>{subject === 'brush' ? 'Drag over the chart, or use Select above it.' : 'Write the search to compare with above, and press Enter.'}</Empty>
      ) : result.error !== null ? (
        <ErrorState error={result.error} retry={() => void result.refetch()} />
      ) : data === undefined ? (
        <Skeleton height={150} rows={3} gap={12} />
      ) : (
        <Stale stale={result.isPlaceholderData}>
          {data.selection.spans === 0 || data.baseline.spans === 0 ? (
            <Empty title={data.selection.spans === 0 ? `No span is ${what}` : 'There is nothing to compare with'}>
              {data.selection.spans === 0 ? 'Widen the search or the time range.' : `Nothing was found in ${BASE_LABEL[against]}. Choose another baseline.`}
            </Empty>
          ) : (
            <>
              {!data.complete && <Notice tone="warn">Not everything could be looked at in time; the shares are of what was.</Notice>}
              {cards.shown.length === 0 && <Empty title="No attribute to show">{choice.find === undefined ? 'The two sides look alike.' : `None has “${choice.find}” in its name or in its values.`}</Empty>}
              <div className={css.cards}>
                {cards.shown.map((a) => (
                  <Card key={a.key} attribute={a} q={base} onQuery={onQuery} onPin={onPin} />
                ))}
              </div>
              <p className={css.foot}>
                {cards.found > CARDS && `The ${CARDS} most different of ${cards.found} attributes; find others by name. `}
                {formatShort(data.elapsed_ms)} ms · {formatShort(data.rows_read)} rows read
              </p>
            </>
          )}
        </Stale>
      )}
    </section>
  )
}

function OtherSearch({ value, onApply }: { value: string; onApply: (q: string) => void }) {
  const [draft, setDraft] = useState(value)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    onApply(draft.trim())
  }
  return (
    <form className={css.other} onSubmit={submit}>
      <Input label="Search to compare with" placeholder="version = 1.4.2" value={draft} onChange={(e) => setDraft(e.target.value)} onBlur={() => onApply(draft.trim())} className={css.otherInput} />
    </form>
  )
}

type CardProps = { attribute: ComparedAttribute; q: string; onQuery: (q: string) => void; onPin: (key: string) => void }

function Card({ attribute, q, onQuery, onPin }: CardProps) {
  const scale = scaleOf(attribute.values)
  const coverage = coverageOf(attribute)
  const [all, setAll] = useState(false)
  const { shown, rest } = valuesOf(attribute, all)
  return (
    <article className={css.card}>
      <header className={css.cardHead}>
        <h3 title={attribute.key}>{attribute.key}</h3>
        <span className={css.score} data-strength={strengthOf(attribute.score)} title={`Difference ${attribute.score.toFixed(2)} of 1`}>
          {strengthOf(attribute.score)}
        </span>
        <Button look="quiet" size="sm" className={css.pin} onClick={() => onPin(attribute.key)} aria-label={`Pin ${attribute.key} to the facets`} title="Pin to the facets">
          <Pin size={13} />
        </Button>
      </header>
      {coverage !== '' && <p className={css.coverage}>{coverage}</p>}
      <ul>
        {shown.map((v) => (
          <Value key={v.filter === '' ? v.label : v.filter} value={v} scale={scale} q={q} onQuery={onQuery} />
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" className={css.more} onClick={() => setAll(true)}>
          {rest} more
        </button>
      )}
    </article>
  )
}

function Value({ value, scale, q, onQuery }: { value: ComparedValue; scale: number; q: string; onQuery: (q: string) => void }) {
  const stand = value.filter === '' ? null : standOf(q, value.filter)
  const toggle = (sense: 'in' | 'out') => onQuery(toggleClause(q, value.filter, sense))
  const label = value.label === '' ? '(empty)' : value.label
  const onClick = (event: MouseEvent) => toggle(event.altKey || stand === 'out' ? 'out' : 'in')
  const bar = (share: number, side: 'selection' | 'baseline') => (
    <span className={css.line}>
      <span className={css.track} aria-hidden="true">
        {share > 0 && <span className={css.bar} data-side={side} style={{ width: `${(100 * share) / scale}%` }} />}
      </span>
      <span className={css.share} data-side={side}>
        <span className="visually-hidden">{side} </span>
        {formatPercent(share)}
      </span>
    </span>
  )
  return (
    <li className={css.value} data-stand={stand ?? undefined}>
      <button type="button" className={css.pick} onClick={onClick} disabled={value.filter === ''} aria-pressed={stand !== null} title={`${label}. Click for these, Alt-click for all but these`}>
        <span className={css.label}>{label}</span>
        <span className={css.bars}>
          {bar(value.selection, 'selection')}
          {bar(value.baseline, 'baseline')}
        </span>
      </button>
      {value.filter !== '' && (
        <button type="button" className={css.out} onClick={() => toggle('out')} aria-label={stand === 'out' ? `No longer leave out ${label}` : `Leave out ${label}`}>
          <Minus size={13} aria-hidden="true" />
        </button>
      )}
    </li>
  )
}
