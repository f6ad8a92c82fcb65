/** Where the nodes stand: kept between visits, laid out in a Worker when new, moved only when asked. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Point } from '../pure/mapDraw'
import { type LayoutInput, mostlyKnown, placeColumns, placeNew, type Positions } from '../pure/mapPlace'
import type { LayoutRequest } from './layout.worker'

const TIME_LIMIT_MS = 3000
const GLIDE_MS = 300
const KEPT = 3000

export interface Layout {
  readonly positions: Positions
  /** false until the first positions of this map are there */
  readonly ready: boolean
  readonly move: (id: string, to: Point) => void
  /** Keeps what move changed. */
  readonly save: () => unknown
  /** Forgets all positions and glides to fresh ones. */
  readonly again: () => void
}

const NOWHERE: Positions = new Map()

/** `scope` names the map whose positions are kept: grouping, environment, focus. `lasting`: also after the page is gone. */
export function useLayout(input: LayoutInput, scope: string, lasting = true): Layout {
  const [state, setState] = useState<{ scope: string; positions: Positions }>({ scope: '', positions: NOWHERE })
  const latest = useRef<Positions>(NOWHERE)
  const task = useRef(0)
  const put = useCallback((positions: Positions) => {
    latest.current = positions
    setState({ scope, positions })
  }, [scope])
  const shape = useMemo(() => shapeOf(input), [input])
  const current = useRef(input)
  useEffect(() => {
    current.current = input
  })
  // Figures change at every refresh; only a change of what is on the map (its shape) may place anything.
  useEffect(() => {
    const now = current.current
    if (now.nodes.length === 0) return
    const mine = ++task.current
    const kept = latest.current.size > 0 && state.scope === scope ? latest.current : restore(scope)
    if (mostlyKnown(now.nodes, kept)) {
      const placed = placeNew(now, kept)
      if (lasting) keep(scope, placed)
      put(placed)
      return
    }
    void layOut(now).then(({ placed, rough }) => {
      if (task.current !== mine) return
      if (lasting && !rough) keep(scope, placed)
      put(placed)
    })
    // state.scope only tells whose positions `latest` holds; its change alone is no reason to lay out.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, scope, put, lasting])

  return {
    positions: state.positions,
    ready: state.scope === scope && input.nodes.every((n) => state.positions.has(n.id)),
    move: (id, to) => put(new Map(latest.current).set(id, to)),
    save: () => lasting && keep(scope, latest.current),
    again: () => {
      const mine = ++task.current
      void layOut(current.current).then(({ placed, rough }) => {
        if (task.current !== mine) return
        if (lasting && !rough) keep(scope, placed)
        glide(latest.current, placed, put, () => task.current === mine)
      })
    },
  }
}

function shapeOf(input: LayoutInput): string {
  const nodes = input.nodes.map((n) => `${n.id}@${n.box}`).sort()
  const edges = input.edges.map((e) => `${e.source}>${e.target}`).sort()
  return `${nodes.join('\n')}\n\n${edges.join('\n')}`
}

/** `rough`: there was no time for a layout, so the next visit tries again. */
async function layOut(input: LayoutInput): Promise<{ placed: Positions; rough: boolean }> {
  const plain: LayoutInput = {
    nodes: input.nodes.map(({ id, width, height, box }) => ({ id, width, height, box })),
    edges: input.edges.map(({ source, target }) => ({ source, target })),
    down: input.down,
  }
  const placed = (await inWorker({ input: plain, ranker: 'tight-tree' })) ?? (await inWorker({ input: plain, ranker: 'longest-path' }))
  return placed ? { placed, rough: false } : { placed: placeColumns(plain), rough: true }
}

/** Null when the time limit passes or the Worker fails. */
function inWorker(request: LayoutRequest): Promise<Positions | null> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' })
    const done = (result: Positions | null) => {
      clearTimeout(timer)
      worker.terminate()
      resolve(result)
    }
    const timer = setTimeout(() => done(null), TIME_LIMIT_MS)
    worker.onmessage = (event: MessageEvent<[string, Point][]>) => done(new Map(event.data))
    worker.onerror = () => done(null)
    worker.postMessage(request)
  })
}

function glide(from: Positions, to: Positions, put: (p: Positions) => void, wanted: () => boolean): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return put(to)
  const began = performance.now()
  const step = () => {
    if (!wanted()) return
    const t = Math.min(1, (performance.now() - began) / GLIDE_MS)
    const eased = 1 - (1 - t) ** 3
    const now = new Map<string, Point>()
    for (const [id, b] of to) {
      const a = from.get(id) ?? b
      now.set(id, { x: a.x + (b.x - a.x) * eased, y: a.y + (b.y - a.y) * eased })
    }
    put(t < 1 ? now : to)
    if (t < 1) requestAnimationFrame(step)
  }
  step()
}

const keyOf = (scope: string) => `sightline.map.${scope}`

function keep(scope: string, positions: Positions): void {
  const rows = [...positions].slice(0, KEPT).map(([id, p]) => [id, Math.round(p.x), Math.round(p.y)])
  try {
    localStorage.setItem(keyOf(scope), JSON.stringify(rows))
  } catch {
    // Storage is full or forbidden: positions then last as long as the page.
  }
}

function restore(scope: string): Positions {
  try {
    const rows: unknown = JSON.parse(localStorage.getItem(keyOf(scope)) ?? '[]')
    const out = new Map<string, Point>()
    if (!Array.isArray(rows)) return out
    for (const row of rows) {
      if (!Array.isArray(row)) continue
      const [id, x, y] = row as unknown[] // each is checked below
      if (typeof id === 'string' && typeof x === 'number' && typeof y === 'number') out.set(id, { x, y })
    }
    return out
  } catch {
    return NOWHERE
  }
}
