import { Check, ChevronDown, Layers } from 'lucide-react'
import { useState } from 'react'
import { useServices } from '../api/hooks'
import { usePatchShared, useScope } from '../nav'
import { Button } from '../widgets/Button'
import { Popover } from '../widgets/Popover'
import { ErrorState, Skeleton } from '../widgets/States'
import { useMedia } from '../widgets/useMedia'
import css from './EnvPicker.module.css'

/** The deployment environment that every page is limited to. The list is asked for when it is opened. */
export function EnvPicker({ env }: { env: string | undefined }) {
  const [open, setOpen] = useState(false)
  const narrow = useMedia('(max-width: 960px)')
  return (
    <Popover
      label="Environment"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet" className={css.trigger} aria-label={`Environment: ${env ?? 'all'}`}>
          <Layers size={15} />
          <span className={css.name}>{env ?? (narrow ? 'All' : 'All environments')}</span>
          <ChevronDown size={14} />
        </Button>
      }
    >
      <Choices env={env} onDone={() => setOpen(false)} />
    </Popover>
  )
}

function Choices({ env, onDone }: { env: string | undefined; onDone: () => void }) {
  const scope = useScope()
  const services = useServices({ ...scope, env: undefined, live: false })
  const patch = usePatchShared()
  const choose = (value: string | undefined) => () => {
    patch({ env: value })
    onDone()
  }
  const found = services.data?.envs ?? []
  const envs = env !== undefined && !found.includes(env) ? [...found, env] : found
  return (
    <div className={css.list}>
      <Choice label="All environments" on={env === undefined} choose={choose(undefined)} />
      {services.isPending && <Skeleton rows={2} height={12} />}
      {services.error && <ErrorState error={services.error} retry={() => void services.refetch()} />}
      {envs.map((e) => (
        <Choice key={e} label={e === '' ? 'No environment' : e} on={e === env} choose={choose(e)} />
      ))}
      {services.data && envs.length === 0 && <p className={css.none}>No environment is named in this time range.</p>}
    </div>
  )
}

function Choice({ label, on, choose }: { label: string; on: boolean; choose: () => void }) {
  return (
    <button type="button" className={css.choice} aria-pressed={on} onClick={choose}>
      <span>{label}</span>
      {on && <Check size={15} />}
    </button>
  )
}
