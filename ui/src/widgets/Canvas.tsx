import { useEffect, useLayoutEffect, useRef, useState, type CanvasHTMLAttributes } from 'react'
import type { Px } from '../pure/units'
import { useThemeVersion } from './theme'
import css from './Canvas.module.css'

export type Size = { width: Px; height: Px }

/** The size of an element, kept up to date; null before it is known. */
export function useSize<E extends HTMLElement>(): [(node: E | null) => void, Size | null] {
  const [size, setSize] = useState<Size | null>(null)
  const [node, setNode] = useState<E | null>(null)
  useLayoutEffect(() => {
    if (node === null) return
    const measure = () => {
      const { width, height } = node.getBoundingClientRect()
      setSize((before) => (before !== null && before.width === width && before.height === height ? before : { width, height }))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(node)
    return () => observer.disconnect()
  }, [node])
  return [setNode, size]
}

type Props = CanvasHTMLAttributes<HTMLCanvasElement> & {
  /** What is drawn, in words. */
  label: string
  size: Size
  /** Draws in CSS pixels on a cleared canvas. Give it a stable identity: a new one draws again. */
  draw: (context: CanvasRenderingContext2D, size: Size) => void
}

/** A canvas as sharp as the screen, drawn again on a new size, theme or `draw`. */
export function Canvas({ label, size, draw, ...rest }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useThemeVersion()
  const fonts = useFontsLoaded()
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!canvas.current || !context) return
    const ratio = window.devicePixelRatio || 1
    canvas.current.width = Math.round(size.width * ratio)
    canvas.current.height = Math.round(size.height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, size.width, size.height)
    draw(context, size)
  }, [draw, size, theme, fonts])
  return <canvas ref={canvas} className={css.canvas} role="img" aria-label={label} {...rest} />
}

/** Text drawn before the page's font has come would stay in the wrong one. */
function useFontsLoaded(): boolean {
  const [loaded, setLoaded] = useState(() => document.fonts.status === 'loaded')
  useEffect(() => {
    let gone = false
    void document.fonts.ready.then(() => {
      if (!gone) setLoaded(true)
    })
    return () => {
      gone = true
    }
  }, [])
  return loaded
}
