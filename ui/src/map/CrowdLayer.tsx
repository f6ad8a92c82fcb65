import { useStoreApi } from '@xyflow/react'
import { useLayoutEffect, useRef } from 'react'
import { useSize } from '../widgets/Canvas'
import { useThemeVersion } from '../widgets/theme'
import { type Crowd, paintCrowd } from './paintCrowd'
import css from './MapView.module.css'

type Props = { crowd: Crowd; lit: ReadonlySet<string> | null; far: boolean }

/** So much more than the view is painted on each side, as shares of its size: panning then only moves the picture. */
const MARGIN = 0.35

/** The painted part of a large map, under its elements. It follows the view by itself, without React. Its words are the elements and the list. */
export function CrowdLayer({ crowd, lit, far }: Props) {
  const [measure, size] = useSize<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const store = useStoreApi()
  const theme = useThemeVersion()
  useLayoutEffect(() => {
    const el = canvas.current
    const context = el?.getContext('2d')
    if (!el || !context || size === null) return
    const ratio = window.devicePixelRatio || 1
    const [mx, my] = [Math.round(size.width * MARGIN), Math.round(size.height * MARGIN)]
    const whole = { width: size.width + 2 * mx, height: size.height + 2 * my }
    el.width = Math.round(whole.width * ratio)
    el.height = Math.round(whole.height * ratio)
    el.style.width = `${whole.width}px`
    el.style.height = `${whole.height}px`
    let painted: readonly [number, number, number] | null = null
    let seen: unknown
    const follow = () => {
      const { transform } = store.getState()
      if (transform === seen) return
      seen = transform
      const [x, y, zoom] = transform
      if (painted === null || painted[2] !== zoom || Math.abs(x - painted[0]) > mx || Math.abs(y - painted[1]) > my) {
        painted = transform
        paintCrowd(context, whole, { x: x + mx, y: y + my, zoom }, crowd, lit, far)
      }
      el.style.transform = `translate(${x - painted[0] - mx}px, ${y - painted[1] - my}px)`
    }
    follow()
    return store.subscribe(follow)
  }, [store, size, crowd, lit, far, theme])
  return (
    <div ref={measure} className={css.crowd} aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  )
}
