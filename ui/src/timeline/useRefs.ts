import { type RefObject, useCallback } from 'react'

type Attach = (el: HTMLElement | null) => (() => void) | undefined
type Measure = (el: HTMLDivElement | null) => void

/** One stable ref callback of two, so that drawing anew never lets go of the element. */
export function useRefs(measure: Measure, attach: Attach): (el: HTMLDivElement | null) => () => void {
  return useCallback(
    (el) => {
      measure(el)
      const stop = attach(el)
      return () => {
        stop?.()
        measure(null)
      }
    },
    [measure, attach],
  )
}

/** Keeps the element in a ref as well. */
export function useKeep(elementRef: RefObject<HTMLDivElement | null>): Measure {
  return useCallback(
    (el) => {
      elementRef.current = el
    },
    [elementRef],
  )
}
