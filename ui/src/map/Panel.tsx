import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { IconButton } from '../widgets/Button'
import css from './Panel.module.css'

export const PANEL_WIDTH = 420

type Props = { title: ReactNode; label: string; actions?: ReactNode; onClose: () => void; children: ReactNode }

/** The details beside the map: docked at the right, a sheet over the page on a phone. */
export function Panel({ title, label, actions, onClose, children }: Props) {
  const body = useRef<HTMLDivElement>(null)
  useEffect(() => {
    body.current?.scrollTo({ top: 0 })
  }, [label])
  return (
    <aside className={css.panel} aria-label={label}>
      <header className={css.head}>
        <div className={css.title}>{title}</div>
        <IconButton label="Close" keys="escape" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div ref={body} className={css.body}>
        {actions !== undefined && <div className={css.actions}>{actions}</div>}
        {children}
      </div>
    </aside>
  )
}

export function Section({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className={css.section}>
      <h3 className={css.heading}>
        {title}
        {aside}
      </h3>
      {children}
    </section>
  )
}
