import type { KeyboardEvent, PointerEvent } from 'react'
import css from './Splitter.module.css'

type Props = { label: string; share: number; onShare: (share: number) => void; width: number }

export const MIN_SHARE = 0.15
export const MAX_SHARE = 0.85

/** The border between tree and bars: drag it, or move it with the arrow keys. */
export function Splitter({ label, share, onShare, width }: Props) {
  const set = (s: number) => onShare(Math.min(MAX_SHARE, Math.max(MIN_SHARE, s)))
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'ArrowLeft') set(share - 0.02)
    else if (e.key === 'ArrowRight') set(share + 0.02)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const onMove = (e: PointerEvent<HTMLDivElement>) => {
    if (!e.currentTarget.hasPointerCapture(e.pointerId)) return
    const left = e.currentTarget.parentElement?.getBoundingClientRect().left ?? 0
    set((e.clientX - left) / Math.max(1, width))
  }
  return (
    <div
      className={css.splitter}
      style={{ left: share * width }}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuemin={MIN_SHARE * 100}
      aria-valuemax={MAX_SHARE * 100}
      aria-valuenow={Math.round(share * 100)}
      tabIndex={0}
      onKeyDown={onKey}
      onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
      onPointerMove={onMove}
      onDoubleClick={() => set(0.36)}
    />
  )
}
