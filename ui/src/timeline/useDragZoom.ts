/** Zooms the time by dragging over it and by the wheel; used by the ruler, the minimap and the waterfall alike. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { clampView, pan, toNanos, type View, wholeView, zoomAt } from '../pure/traceView'
import type { Nanos, Px } from '../pure/units'
import type { ViewStore } from './viewStore'

interface Options {
  readonly view: ViewStore
  readonly duration: Nanos
  /** px from the element's left edge to the first moment in view */
  readonly left: Px
  readonly width: Px
  /** the element scrolls by itself: only ctrl + wheel and sideways wheels zoom and pan */
  readonly wheel: boolean
  /** the element always shows the whole trace */
  readonly whole?: boolean
}

export interface DragZoom {
  /** a ref callback for the element */
  readonly attach: (el: HTMLElement | null) => (() => void) | undefined
  /** px of the range being dragged, from the element's left edge */
  readonly rect: readonly [Px, Px] | null
  /** whether the pointer that was just released had dragged: such a click is none */
  readonly moved: () => boolean
}

const THRESHOLD: Px = 5

export function useDragZoom(options: Options): DragZoom {
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const [rect, setRect] = useState<readonly [Px, Px] | null>(null)
  const dragged = useRef(false)
  const attach = useCallback((el: HTMLElement | null) => {
    if (el === null) return undefined
    const stop = listen(el, () => latest.current, setRect, dragged)
    return stop
  }, [])
  return { attach, rect, moved: () => dragged.current }
}

function listen(el: HTMLElement, now: () => Options, setRect: (r: readonly [Px, Px] | null) => void, dragged: { current: boolean }): () => void {
  let from: Px | null = null
  const shown = (o: Options): View => (o.whole === true ? wholeView(o.duration) : o.view.get())
  const x = (e: PointerEvent | WheelEvent) => e.clientX - el.getBoundingClientRect().left
  const nanos = (px: Px) => {
    const o = now()
    return toNanos(shown(o), o.width, px - o.left)
  }
  const down = (e: PointerEvent) => {
    dragged.current = false
    if (e.target instanceof Element && e.target.closest('[data-handle]')) return
    if (e.button !== 0 || e.pointerType === 'touch' || x(e) < now().left - 4 || x(e) > el.clientWidth) return
    from = x(e)
  }
  const move = (e: PointerEvent) => {
    if (from === null || (!dragged.current && Math.abs(x(e) - from) < THRESHOLD)) return
    if (!dragged.current) el.setPointerCapture(e.pointerId)
    dragged.current = true
    const o = now()
    setRect([Math.max(o.left, Math.min(from, x(e))), Math.min(o.left + o.width, Math.max(from, x(e)))])
  }
  const up = (e: PointerEvent) => {
    if (from !== null && dragged.current) {
      const o = now()
      const a = nanos(Math.min(from, x(e)))
      const b = nanos(Math.max(from, x(e)))
      o.view.set(clampView({ from: Math.max(0, a), to: Math.min(o.duration, b) }, o.duration))
    }
    from = null
    setRect(null)
  }
  const cancel = () => {
    from = null
    setRect(null)
  }
  const wheel = (e: WheelEvent) => {
    const o = now()
    const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey
    if (o.wheel && !e.ctrlKey && !e.metaKey && !sideways) return
    e.preventDefault()
    if (sideways && !e.ctrlKey) return o.view.set(pan(o.view.get(), (e.deltaX || e.deltaY) / 800, o.duration))
    o.view.set(zoomAt(o.view.get(), nanos(x(e)), Math.exp(Math.max(-60, Math.min(60, e.deltaY)) / 160), o.duration))
  }
  el.addEventListener('pointerdown', down)
  el.addEventListener('pointermove', move)
  el.addEventListener('pointerup', up)
  el.addEventListener('pointercancel', cancel)
  // Not passive: a zoom must not scroll the page as well.
  el.addEventListener('wheel', wheel, { passive: false })
  return () => {
    el.removeEventListener('pointerdown', down)
    el.removeEventListener('pointermove', move)
    el.removeEventListener('pointerup', up)
    el.removeEventListener('pointercancel', cancel)
    el.removeEventListener('wheel', wheel)
  }
}
