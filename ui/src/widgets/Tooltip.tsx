import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'
import { Keys } from './Keys'
import css from './Tooltip.module.css'

/** Wrap the page once: the first tooltip waits, its neighbours then open at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Base.Provider delay={300} timeout={400}>
      {children}
    </Base.Provider>
  )
}

type Props = {
  content: ReactNode
  /** A hotkey to show beside the text. */
  keys?: string
  side?: 'top' | 'bottom' | 'left' | 'right'
  /** One element that takes a ref and event handlers. */
  children: ReactElement
}

export function Tooltip({ content, keys, side = 'bottom', children }: Props) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6} className={css.positioner}>
          <Base.Popup className={css.popup}>
            {content}
            {keys !== undefined && <Keys keys={keys} />}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
