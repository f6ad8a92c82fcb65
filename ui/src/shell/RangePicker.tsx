import { ChevronDown, ChevronLeft, ChevronRight, Clock, ZoomOut } from 'lucide-react'
import { useRef, useState, type SyntheticEvent } from 'react'
import { useSetRange } from '../nav'
import { describeRange, parseRange, PRESETS, type Range, shift, zoomOut } from '../pure/time'
import { Button, IconButton } from '../widgets/Button'
import { Input } from '../widgets/Input'
import { Popover } from '../widgets/Popover'
import { useNow } from '../widgets/useNow'
import css from './RangePicker.module.css'

const KEY = 'sightline.ranges'
const RECENT = 5

function storedRanges(): Range[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(isRange).slice(0, RECENT) : []
  } catch {
    return []
  }
}

function isRange(value: unknown): value is Range {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value && typeof value.from === 'string' && typeof value.to === 'string'
}

function same(a: Range, b: Range): boolean {
  return a.from === b.from && a.to === b.to
}

function remember(range: Range): void {
  if (PRESETS.some((p) => same(p.range, range))) return
  try {
    localStorage.setItem(KEY, JSON.stringify([range, ...storedRanges().filter((r) => !same(r, range))].slice(0, RECENT)))
  } catch {
    // Recent ranges are a comfort; without storage there are none.
  }
}

type Props = { range: Range; open: boolean; onOpenChange: (open: boolean) => void }

export function RangePicker({ range, open, onOpenChange }: Props) {
  const now = useNow()
  const setRange = useSetRange()
  return (
    <div className={css.group}>
      <IconButton label="Earlier" keys="," onClick={() => setRange(shift(range, -1, Date.now()))} className={css.step}>
        <ChevronLeft size={15} />
      </IconButton>
      <Popover
        label="Time range"
        open={open}
        onOpenChange={onOpenChange}
        trigger={
          <Button look="quiet" className={css.trigger} aria-label={`Time range: ${describeRange(range, now)}`}>
            <Clock size={15} className={css.clock} />
            <span className={css.text}>{describeRange(range, now)}</span>
            <ChevronDown size={14} />
          </Button>
        }
      >
        <Panel
          range={range}
          now={now}
          choose={(next) => {
            remember(next)
            setRange(next)
            onOpenChange(false)
          }}
        />
      </Popover>
      <IconButton label="Later" keys="." onClick={() => setRange(shift(range, 1, Date.now()))} className={css.step}>
        <ChevronRight size={15} />
      </IconButton>
      <IconButton label="Zoom out" keys="-" onClick={() => setRange(zoomOut(range, Date.now()))} className={css.step}>
        <ZoomOut size={15} />
      </IconButton>
    </div>
  )
}

function Panel({ range, now, choose }: { range: Range; now: number; choose: (range: Range) => void }) {
  const [text, setText] = useState('')
  const [recent] = useState(storedRanges)
  const input = useRef<HTMLInputElement>(null)
  const parsed = text.trim() === '' ? null : parseRange(text, now)
  const wrong = text.trim() !== '' && parsed === null
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (parsed !== null) choose(parsed)
    else input.current?.select()
  }
  const item = (key: string, label: string, value: Range) => (
    <button key={key} type="button" className={css.preset} aria-pressed={same(value, range)} onClick={() => choose(value)}>
      {label}
    </button>
  )
  return (
    <div className={css.panel}>
      <form onSubmit={submit} className={css.form}>
        <Input ref={input} label="Time range" placeholder="15m, yesterday, 2026-11-22 10:00 to 11:00" value={text} invalid={wrong} onChange={(e) => setText(e.target.value)} className={css.input} />
        <p className={css.reading} role="status" data-wrong={wrong || undefined}>
          {wrong
            ? 'Not a time range. Try 45m, now-1d to now, an ISO time or an epoch.'
            : parsed !== null
              ? `${describeRange(parsed, now)} — Enter applies it`
              : `Times are in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`}
        </p>
      </form>
      <div className={css.presets}>{PRESETS.map((p) => item(p.label, p.label, p.range))}</div>
      {recent.length > 0 && (
        <div className={css.recent}>
          <h3>Recent</h3>
          {recent.map((r) => item(`${r.from}-${r.to}`, describeRange(r, now), r))}
        </div>
      )}
    </div>
  )
}
