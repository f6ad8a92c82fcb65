import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { useHotkeys } from '../../widgets/hotkeys'

/** px */
export const ROW = 52

type Options = {
  count: number
  keyOf: (index: number) => string
  /** The element that scrolls. */
  scroller: RefObject<HTMLDivElement | null>
  /** What stands above the list inside the scroller, in px. */
  offset: number
  onEnd: () => void
  onPeek: (index: number) => void
  onMark: (index: number) => void
  /** The row that the keys are on has changed. */
  onActive: (index: number) => void
}

/** Rows of which only those in view exist, and the keys that go through them. */
export function useRows({ count, keyOf, scroller, offset, onEnd, onPeek, onMark, onActive }: Options) {
  const list = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: offset,
    getItemKey: keyOf,
  })
  const rows = virtual.getVirtualItems()
  const last = rows.length === 0 ? -1 : rows[rows.length - 1].index
  useEffect(() => {
    if (last >= count - 15 && last >= 0) onEnd()
  }, [last, count, onEnd])

  const linkOf = (index: number) => list.current?.querySelector<HTMLElement>(`a[data-index="${index}"]`)
  const move = (by: number) => {
    if (count === 0) return
    const next = Math.max(0, Math.min(count - 1, active + by))
    setActive(next)
    onActive(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    // The row may have to be mounted first.
    requestAnimationFrame(() => linkOf(next)?.focus())
  }
  const here = (run: (index: number) => void) => () => {
    if (active >= 0 && active < count) run(active)
  }
  useHotkeys('Traces', [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Row before', run: () => move(-1) },
    { keys: 'arrowdown', run: () => move(1) },
    { keys: 'arrowup', run: () => move(-1) },
    { keys: 'enter', label: 'Open the trace', run: here((i) => linkOf(i)?.click()) },
    { keys: 'o', label: 'Look at the trace beside the list', run: here(onPeek) },
    { keys: 'c', label: 'Mark for comparing', run: here(onMark) },
  ])
  return { list, rows, height: virtual.getTotalSize(), setActive }
}
