import { Pause, Play, StepBack, StepForward } from 'lucide-react'
import { formatClock } from '../pure/format'
import { type Speed, SPEEDS } from '../pure/mapMoment'
import type { EpochMs } from '../pure/units'
import { Button, IconButton } from '../widgets/Button'
import css from './PlayBar.module.css'

type Props = {
  playing: boolean
  speed: Speed
  /** the moment in view, [from, to) in ms since 1970; null for the whole range */
  moment: readonly [EpochMs, EpochMs] | null
  onToggle: () => void
  onStep: (by: 1 | -1) => void
  onSpeed: (speed: Speed) => void
  onWhole: () => void
}

/** Plays the range moment by moment, and says which one is in view. */
export function PlayBar({ playing, speed, moment, onToggle, onStep, onSpeed, onWhole }: Props) {
  const other = SPEEDS.find((s) => s !== speed) ?? 1
  return (
    <div className={css.bar} role="group" aria-label="Playback">
      <div className={css.buttons}>
        <IconButton label="A moment back" keys="[" size="sm" onClick={() => onStep(-1)}>
          <StepBack size={14} />
        </IconButton>
        <IconButton label={playing ? 'Pause' : 'Play the time range'} keys="p" size="sm" look="plain" onClick={onToggle}>
          {playing ? <Pause size={14} /> : <Play size={14} />}
        </IconButton>
        <IconButton label="A moment on" keys="]" size="sm" onClick={() => onStep(1)}>
          <StepForward size={14} />
        </IconButton>
        <Button size="sm" look="quiet" className={css.speed} aria-label={`Speed ${speed} times; change to ${other} times`} onClick={() => onSpeed(other)}>
          {speed}×
        </Button>
      </div>
      {moment === null ? (
        <span className={css.when}>Whole range</span>
      ) : (
        <button type="button" className={css.when} data-moment onClick={onWhole} aria-label={`Moment ${formatClock(moment[0], false)}; show the whole range`}>
          {formatClock(moment[0], false)} – {formatClock(moment[1], false)}
        </button>
      )}
    </div>
  )
}
