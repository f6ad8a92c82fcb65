import { type ReactNode, useId } from 'react'
import css from './StatusPage.module.css'

/** A part of the page under a heading. */
export function Part({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section className={css.part} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {note !== undefined && <p className={css.note}>{note}</p>}
      {children}
    </section>
  )
}
