import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode, RefObject } from 'react'
import css from './Dialog.module.css'

type Props = {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** The accessible name; drawn as a heading unless `bare`. */
  title: string
  bare?: boolean
  wide?: boolean
  initialFocus?: RefObject<HTMLElement | null>
  children: ReactNode
}

/** A modal layer: focus stays inside and comes back, Escape and the scrim close it. */
export function Dialog({ open, onOpenChange, title, bare = false, wide = false, initialFocus, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={css.scrim} />
        <Base.Popup className={css.popup} data-wide={wide || undefined} initialFocus={initialFocus}>
          <Base.Title className={bare ? 'visually-hidden' : css.title}>{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
