import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'
import css from './Tabs.module.css'

export type Tab<Id extends string> = { id: Id; label: ReactNode; panel: ReactNode }

type Props<Id extends string> = {
  label: string
  value: Id
  onChange: (id: Id) => void
  tabs: readonly Tab<Id>[]
  className?: string
}

/** Only the panel in view is mounted. */
export function Tabs<Id extends string>({ label, value, onChange, tabs, className }: Props<Id>) {
  return (
    <Base.Root
      value={value}
      className={className}
      onValueChange={(id) => {
        const tab = tabs.find((t) => t.id === id)
        if (tab) onChange(tab.id)
      }}
    >
      <Base.List className={css.list} aria-label={label} activateOnFocus>
        {tabs.map((t) => (
          <Base.Tab key={t.id} value={t.id} className={css.tab}>
            {t.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((t) => (
        <Base.Panel key={t.id} value={t.id} className={css.panel}>
          {t.panel}
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
