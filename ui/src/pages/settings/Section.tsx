import type { ReactNode } from 'react'
import css from './SettingsPage.module.css'

export function Section({ title, note, facts, children }: { title: string; note: string; facts?: ReactNode; children?: ReactNode }) {
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      <p className={css.note}>{note}</p>
      {facts !== undefined && <dl className={css.facts}>{facts}</dl>}
      {children}
    </section>
  )
}

export function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
