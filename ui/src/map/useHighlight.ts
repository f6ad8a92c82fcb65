/** Dims everything but a node and its neighbours by attributes on the elements themselves: nothing is drawn anew. */
import { type RefObject, useEffect, useMemo, useRef } from 'react'

export interface Highlight {
  /** what the pointer or the focus is on; null gives back to the selection */
  readonly over: (id: string | null) => void
}

interface Link {
  readonly id: string
  readonly source: string
  readonly target: string
}

/** `selected` is a node's or an edge's id, or undefined; `drawn` is new whenever elements may be. */
export function useHighlight(box: RefObject<HTMLElement | null>, edges: readonly Link[], selected: string | undefined, drawn: unknown): Highlight {
  const last = useRef<string | null>(null)
  const highlight = useMemo<Highlight>(
    () => ({
      over: (id) => {
        last.current = id
        light(box.current, edges, id ?? selected, id === null)
      },
    }),
    [box, edges, selected],
  )
  // New elements know nothing of what the pointer is on.
  useEffect(() => highlight.over(last.current), [highlight, drawn])
  return highlight
}

/** Labels of more edges than this would lie over one another. */
const FEW = 7

function light(box: HTMLElement | null, edges: readonly Link[], id: string | undefined, soft: boolean): void {
  if (box === null) return
  const edge = edges.find((e) => e.id === id)
  const links = id === undefined ? [] : edge ? [edge] : edges.filter((e) => e.source === id || e.target === id)
  const near = new Set(links.flatMap((e) => [e.source, e.target]))
  if (id !== undefined && !edge) near.add(id)
  const known = id !== undefined && (edge !== undefined || box.querySelector(`[data-node="${CSS.escape(id)}"]`) !== null)
  if (known) box.dataset.dim = soft ? 'soft' : 'full'
  else delete box.dataset.dim
  box.toggleAttribute('data-labels', known && links.length <= FEW)
  for (const el of box.querySelectorAll<HTMLElement>('[data-node]')) {
    set(el, known && near.has(el.dataset.node ?? '') ? (el.dataset.node === id ? 'self' : 'near') : undefined)
  }
  const lit = new Set(links.map((e) => e.id))
  for (const el of box.querySelectorAll<HTMLElement | SVGElement>('[data-edge]')) {
    set(el, known && lit.has(el.dataset.edge ?? '') ? (el.dataset.edge === id ? 'self' : 'near') : undefined)
  }
}

function set(el: HTMLElement | SVGElement, lit: string | undefined): void {
  if (lit === undefined) delete el.dataset.lit
  else el.dataset.lit = lit
}
