import { History, Search, X } from 'lucide-react'
import { type KeyboardEvent, type SyntheticEvent, useDeferredValue, useEffect, useId, useRef, useState } from 'react'
import { useCompletion } from '../../api/hooks'
import type { Completion } from '../../api/types'
import { formatShort } from '../../pure/format'
import { step } from '../../pure/palette'
import type { ApiError } from '../../pure/problem'
import { applyCompletion, byteOffset, type Token, tokenize, unitOffset, wordAt } from '../../pure/query'
import type { Range } from '../../pure/time'
import { parseTraceId } from '../../pure/trace-id'
import { Keys } from '../../widgets/Keys'
import { useHotkeys } from '../../widgets/hotkeys'
import { recentQueries } from './recent'
import css from './QueryBar.module.css'

type Props = {
  /** The filter in force. */
  q: string
  range: Range
  /** Why the filter in force could not be run, if it could not. */
  problem: ApiError | null
  onRun: (q: string) => void
  onTrace: (id: string) => void
}

type Item = { text: string; kind: Completion['kind'] | 'recent'; count?: number }

/** One line to search with. Completion comes when it comes; Enter runs what is written, with or without it. */
export function QueryBar({ q, range, problem, onRun, onTrace }: Props) {
  const [draft, setDraft] = useState(q)
  const [given, setGiven] = useState(q)
  if (given !== q) {
    // The address changed elsewhere: by a facet, the brush, or the back button.
    setGiven(q)
    setDraft(q)
  }
  const [caret, setCaret] = useState(q.length)
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(-1)
  const [scroll, setScroll] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const list = useId()
  useHotkeys('Traces', [{ keys: '/', label: 'Search', run: () => input.current?.focus() }])

  const text = useDeferredValue(draft)
  const completion = useCompletion(text, byteOffset(text, Math.min(caret, text.length)), range, open)
  const items: Item[] =
    draft.trim() === '' ? recentQueries().map((r) => ({ text: r, kind: 'recent' as const })) : (completion.data?.items ?? [])
  const shown = open && items.length > 0
  const at = Math.min(chosen, items.length - 1)

  const run = (value: string) => {
    setOpen(false)
    setChosen(-1)
    const id = parseTraceId(value)
    if (id !== null) onTrace(id)
    else onRun(value.trim())
  }
  const take = (item: Item) => {
    if (item.kind === 'recent') {
      setDraft(item.text)
      run(item.text)
      return
    }
    const next = applyCompletion(draft, caret, item.text)
    setDraft(next.q)
    setCaret(next.caret)
    setChosen(-1)
    // The field takes the new text in this commit; only then can its caret move.
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!shown) setOpen(true)
      else setChosen(at < 0 && event.key === 'ArrowUp' ? items.length - 1 : step(at, event.key === 'ArrowDown' ? 1 : -1, items.length))
    } else if ((event.key === 'Enter' || event.key === 'Tab') && shown && at >= 0) {
      event.preventDefault()
      take(items[at])
    } else if (event.key === 'Tab' && shown && !event.shiftKey && items[0].kind !== 'recent' && wordAt(draft, caret).to > wordAt(draft, caret).from) {
      event.preventDefault()
      take(items[0])
    } else if (event.key === 'Escape') {
      if (shown) setOpen(false)
      else input.current?.blur()
    }
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    run(draft)
  }
  const follow = () => setCaret(input.current?.selectionStart ?? draft.length)
  const wrong = problem !== null && draft === q
  const mark = wrong && problem.position !== null ? unitOffset(q, problem.position) : null
  // On a narrow screen the mark of a long search would lie outside of the field.
  useEffect(() => {
    const field = input.current
    if (mark === null || field === null) return
    const at = (mark / Math.max(1, field.value.length)) * field.scrollWidth
    field.scrollLeft = Math.max(0, at - field.clientWidth * 0.7)
  }, [mark])

  return (
    <form className={css.form} onSubmit={submit} role="search">
      <div className={css.field} data-wrong={wrong || undefined}>
        <Search size={16} className={css.icon} />
        <div className={css.line}>
          <Coloured text={draft} scroll={scroll} mark={mark} />
          <input
            ref={input}
            className={css.input}
            aria-label="Search traces"
            placeholder="service = checkout and duration > 500ms, a word, or a trace id"
            role="combobox"
            aria-expanded={shown}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={shown && at >= 0 ? `${list}-${at}` : undefined}
            aria-invalid={wrong || undefined}
            aria-describedby={wrong ? `${list}-problem` : undefined}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={draft}
            onChange={(e) => {
              setDraft(e.target.value)
              setCaret(e.target.selectionStart ?? e.target.value.length)
              setOpen(true)
              setChosen(-1)
            }}
            onPaste={(e) => {
              const id = parseTraceId(e.clipboardData.getData('text'))
              if (id === null || draft.trim() !== '') return
              e.preventDefault()
              onTrace(id)
            }}
            onSelect={follow}
            onScroll={(e) => setScroll(e.currentTarget.scrollLeft)}
            onKeyDown={onKeyDown}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
          />
        </div>
        {draft !== '' ? (
          <button
            type="button"
            className={css.clear}
            aria-label="Clear the search"
            onClick={() => {
              setDraft('')
              run('')
              input.current?.focus()
            }}
          >
            <X size={15} />
          </button>
        ) : (
          <span className={css.key}>
            <Keys keys="/" />
          </span>
        )}
        {shown && (
          <div id={list} role="listbox" aria-label="Completions" className={css.popup} style={{ left: `calc(38px + ${items[0].kind === 'recent' ? 0 : wordAt(draft, caret).from} * var(--ch) - ${scroll}px)` }}>
            {items.map((item, i) => (
              <div
                key={`${item.kind}-${item.text}`}
                id={`${list}-${i}`}
                role="option"
                aria-selected={i === at}
                className={css.item}
                ref={i === at ? (node) => node?.scrollIntoView({ block: 'nearest' }) : undefined}
                onPointerDown={(e) => {
                  e.preventDefault() // The field keeps the focus.
                  take(item)
                }}
              >
                {item.kind === 'recent' && <History size={14} />}
                <code className={css.text}>{item.text}</code>
                <span className={css.kind}>{item.count === undefined ? (item.kind === 'recent' ? '' : item.kind) : formatShort(item.count)}</span>
              </div>
            ))}
          </div>
        )}
      </div>
      {wrong && (
        <p id={`${list}-problem`} className={css.problem} role="alert">
          {mark === null ? '' : `Character ${mark + 1}: `}
          {problem.message}
          {problem.hint !== '' && <span>{problem.hint}</span>}
        </p>
      )}
    </form>
  )
}

/** The same text under the field, in colours; the field's own letters are transparent. */
function Coloured({ text, scroll, mark }: { text: string; scroll: number; mark: number | null }) {
  const parts: { text: string; tone: string }[] = []
  let at = 0
  const tokens = tokenize(text)
  tokens.forEach((t, i) => {
    parts.push({ text: text.slice(at, t.from), tone: '' }, { text: t.text, tone: toneOf(t, tokens[i + 1], tokens[i - 1]) })
    at = t.to
  })
  parts.push({ text: text.slice(at), tone: '' })
  return (
    <div className={css.under} aria-hidden="true">
      <span style={{ transform: `translateX(${-scroll}px)` }}>
        {parts.map((p, i) => (
          <span key={i} data-tone={p.tone || undefined}>
            {p.text}
          </span>
        ))}
        {mark !== null && <span className={css.mark} style={{ left: `calc(${mark} * var(--ch))` }} />}
      </span>
    </div>
  )
}

function toneOf(token: Token, next: Token | undefined, before: Token | undefined): string {
  if (token.kind === 'op' || token.kind === 'paren') return 'op'
  if (/^(and|or|not|exists)$/i.test(token.text) && before?.kind !== 'op') return 'op'
  return next?.kind === 'op' && next.text !== '!' ? 'key' : 'value'
}
