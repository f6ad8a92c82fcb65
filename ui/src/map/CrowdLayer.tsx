import { useStoreApi } from '@xyflow/react'
import { useLayoutEffect, useRef } from 'react'
import { useSize } from '../widgets/Canvas'
import { useThemeVersion } from '../widgets/theme'
import { type Crowd, paintCrowd } from './paintCrowd'
import css from './MapView.module.css'

type Props = { crowd: Crowd; lit: ReadonlySet<string> | null; far: boolean }

/** The painted part of a large map, under its elements. It follows the view by itself, without React. Its words are the elements and the list. */
export function CrowdLayer({ crowd, lit, far }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const store = useStoreApi()
  const theme = useThemeVersion()
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!canvas.current || !context || size === null) return
    const ratio = window.devicePixelRatio || 1
    canvas.current.width = Math.round(size.width * ratio)
    canvas.current.height = Math.round(size.height * ratio)
    let painted: unknown
    const paint = () => {
      const { transform } = store.getState()
      if (transform === painted) return
      painted = transform
      paintCrowd(context, size, { x: transform[0], y: transform[1], zoom: transform[2] }, crowd, lit, far)
    }
    paint()
    return store.subscribe(paint)
  }, [store, size, crowd, lit, far, theme])
  return (
    <div ref={measure} className={css.crowd} aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  )
}
