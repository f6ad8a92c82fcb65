/** Which moment of the range is in view, and playing through all of them. The moment is in the URL, playing is not. */
import { useEffect, useMemo, useState } from 'react'
import { type Scope, useMapOf, usePrefetchMap } from '../../api/hooks'
import type { ServiceMap } from '../../api/types'
import { type Frames, frameAt, frameMs, framesOf, momentOf, nextFrame, rangeOfFrame, type Speed } from '../../pure/mapMoment'
import type { Range } from '../../pure/time'

export interface Moment {
  readonly frames: Frames
  /** the step in view; null for the whole range */
  readonly at: number | null
  /** its stretch of time */
  readonly range: Range | null
  /** its map; the one before stays until it has come */
  readonly map: ServiceMap | null
  readonly error: Error | null
  readonly playing: boolean
  readonly speed: Speed
  readonly setSpeed: (speed: Speed) => void
  readonly go: (at: number | null) => void
  readonly step: (by: 1 | -1) => void
  readonly toggle: () => void
}

/** `onChange` takes the moment in ms since 1970, or undefined for the whole range. */
export function useMoment(buckets: ServiceMap['buckets'], t: number | undefined, scope: Scope, onChange: (t: number | undefined) => void): Moment {
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState<Speed>(1)
  const frames = useMemo(() => framesOf(buckets), [buckets])
  const at = frameAt(frames, t)
  const range = useMemo(() => (at === null ? null : rangeOfFrame(frames, at)), [frames, at])
  const map = useMapOf(range, scope)
  const prefetch = usePrefetchMap()
  const go = (to: number | null) => onChange(to === null ? undefined : momentOf(frames, to))
  const waiting = range !== null && (map.isPlaceholderData || map.isPending) && map.error === null
  const running = playing && at !== null
  const next = running ? nextFrame(frames, at, 1) : null

  useEffect(() => {
    if (next !== null) prefetch(rangeOfFrame(frames, next), scope)
  }, [next, frames, scope, prefetch])
  useEffect(() => {
    if (!running || waiting) return
    const timer = setTimeout(() => {
      if (next === null) setPlaying(false)
      else onChange(momentOf(frames, next))
    }, frameMs(speed))
    return () => clearTimeout(timer)
  }, [running, waiting, next, frames, speed, onChange])

  return {
    frames, at, range, speed, setSpeed,
    map: range === null ? null : (map.data ?? null),
    error: range === null ? null : map.error,
    playing: running,
    go: (to) => {
      setPlaying(false)
      go(to)
    },
    step: (by) => {
      setPlaying(false)
      const to = nextFrame(frames, at, by)
      if (to !== null) go(to)
    },
    toggle: () => {
      setPlaying(!running)
      // At its end, playing begins anew.
      if (!running && (at === null || nextFrame(frames, at, 1) === null)) go(nextFrame(frames, null, 1))
    },
  }
}
