import { Crosshair, GitCompareArrows, X, ZoomIn } from 'lucide-react'
import { useState, type SyntheticEvent } from 'react'
import { type Brush, brushOfSides, describeBrush, filterDuration, readDuration, readMoment } from '../../pure/brush'
import { formatClock, formatCount, plural } from '../../pure/format'
import { type ChartLook, failedWords } from '../../pure/heatmap'
import type { Resolved } from '../../pure/time'
import { Button, IconButton } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { Popover } from '../../widgets/Popover'
import { Segmented } from '../../widgets/Segmented'
import css from './ChartBar.module.css'

type Props = {
  /** What the chart is about, such as `root spans`. */
  what: string
  counted: { count: number; bad: number } | null
  /** Said where the chart is not about everything. */
  note: string
  chosen: ChartLook | undefined
  onLook: (look: ChartLook | undefined) => void
  range: Resolved
  brush: Brush | null
  /** About how many spans the box holds. */
  inside: { count: number; bad: number } | null
  onBrush: (brush: Brush | null) => void
  onCompare: () => void
  onZoom: () => void
}

const LOOKS = [
  { value: 'auto', label: 'Auto' },
  { value: 'scatter', label: 'Dots' },
  { value: 'heatmap', label: 'Heatmap' },
] as const

/** Above the chart: what it counts, or what is taken out of it and what can be done with that. */
export function ChartBar(p: Props) {
  return (
    <div className={css.bar}>
      <div className={css.words}>
        {p.brush === null ? (
          <p className={css.count}>
            {p.counted !== null && (
              <>
                <b>{formatCount(p.counted.count)}</b> {p.what}
                {p.counted.bad > 0 && <span className={css.bad}>{failedWords(p.counted.count, p.counted.bad)}</span>}
              </>
            )}
            {p.note !== '' && <span className={css.note}>{p.note}</span>}
          </p>
        ) : (
          <div className={css.selection} role="group" aria-label="Selection on the chart">
            <span className={css.chip}>{describeBrush(p.brush).join(' · ')}</span>
            {p.inside !== null && (
              <span className={css.inside} title="About: the cells of the chart whose middle lies inside">
                ≈ {plural(p.inside.count, 'span')}
                {p.inside.bad > 0 && `, ${failedWords(p.inside.count, p.inside.bad)}`}
              </span>
            )}
            <Button size="sm" look="primary" onClick={p.onCompare}>
              <GitCompareArrows size={14} aria-hidden="true" /> Compare
            </Button>
            <Button size="sm" onClick={p.onZoom} title="Sets the time range, and puts the durations into the search">
              <ZoomIn size={14} aria-hidden="true" /> Zoom in
            </Button>
            <IconButton size="sm" label="Clear the selection" onClick={() => p.onBrush(null)}>
              <X size={14} />
            </IconButton>
          </div>
        )}
      </div>
      <Numbers range={p.range} brush={p.brush} onBrush={p.onBrush} />
      <Segmented label="Latency chart" value={p.chosen ?? 'auto'} options={LOOKS} onChange={(look) => p.onLook(look === 'auto' ? undefined : look)} />
    </div>
  )
}

/** The box in numbers: what dragging does, for the keyboard and for exactness. */
function Numbers({ range, brush, onBrush }: { range: Resolved; brush: Brush | null; onBrush: (brush: Brush | null) => void }) {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Select by numbers"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet" size="sm" aria-label="Select by numbers">
          <Crosshair size={14} aria-hidden="true" />
          <span className={css.label}>Select</span>
        </Button>
      }
    >
      <NumbersForm
        range={range}
        brush={brush}
        onDone={(next) => {
          setOpen(false)
          onBrush(next)
        }}
      />
    </Popover>
  )
}

function NumbersForm({ range, brush, onDone }: { range: Resolved; brush: Brush | null; onDone: (brush: Brush) => void }) {
  const [text, setText] = useState(() => ({
    from: side(brush?.from, clock),
    to: side(brush?.to, clock),
    low: side(brush?.low, filterDuration),
    high: side(brush?.high, filterDuration),
  }))
  const [tried, setTried] = useState(false)
  const made = brushOfSides(readMoment(text.from, range), readMoment(text.to, range), readDuration(text.low), readDuration(text.high))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setTried(true)
    if (made !== null) onDone(made)
  }
  const field = (side: keyof typeof text, label: string, placeholder: string) => (
    <label className={css.field}>
      <span>{label}</span>
      <Input label={label} placeholder={placeholder} value={text[side]} onChange={(e) => setText({ ...text, [side]: e.target.value })} />
    </label>
  )
  return (
    <form className={css.form} onSubmit={submit}>
      {field('from', 'From', clock(range.from))}
      {field('to', 'Until', clock(range.to))}
      {field('low', 'At least', '500ms')}
      {field('high', 'At most', '2s')}
      <p className={css.hint} role="status" data-wrong={(tried && made === null) || undefined}>
        {tried && made === null ? 'Give a clock time or a duration in at least one field, the smaller one first.' : 'Leave a side empty to leave it open.'}
      </p>
      <Button type="submit" look="primary" className={css.submit}>
        Select
      </Button>
    </form>
  )
}

const clock = (ms: number) => formatClock(ms, false)

/** A side as it can be typed; open ones are empty. */
function side(value: number | null | undefined, print: (n: number) => string): string {
  return value === null || value === undefined ? '' : print(value)
}
