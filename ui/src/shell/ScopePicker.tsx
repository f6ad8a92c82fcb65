import { Boxes, Check, ChevronDown, Layers } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useServices } from '../api/hooks'
import { usePatchShared, useScope } from '../nav'
import { choicesOf, type Part, SCOPE_WORDS } from '../pure/scope'
import type { SharedSearch } from '../url'
import { Button } from '../widgets/Button'
import { Popover } from '../widgets/Popover'
import { ErrorState, Skeleton } from '../widgets/States'
import { useMedia } from '../widgets/useMedia'
import css from './ScopePicker.module.css'

const ICONS: Record<Part, ReactNode> = { env: <Layers size={15} />, namespace: <Boxes size={15} /> }

/** The environment and the namespace that every page is limited to; one button for both where there is little room. */
export function ScopePicker({ shared }: { shared: SharedSearch }) {
  const narrow = useMedia('(max-width: 1320px)')
  const phone = useMedia('(max-width: 760px)')
  if (phone) {
    const chosen = [shared.env, shared.namespace].filter((v) => v !== undefined)
    return <Picker parts={['env', 'namespace']} shared={shared} label={chosen.length > 0 ? chosen.join(' · ') : 'All'} spoken={`Environment and namespace: ${chosen.length > 0 ? chosen.join(', ') : 'all'}`} />
  }
  return (
    <>
      {(['env', 'namespace'] as const).map((part) => (
        <Picker key={part} parts={[part]} shared={shared} label={shared[part] ?? (narrow ? 'All' : SCOPE_WORDS[part].all)} spoken={`${SCOPE_WORDS[part].name}: ${shared[part] ?? 'all'}`} />
      ))}
    </>
  )
}

function Picker({ parts, shared, label, spoken }: { parts: readonly Part[]; shared: SharedSearch; label: string; spoken: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label={spoken.split(':')[0]}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet" className={css.trigger} aria-label={spoken} data-set={parts.some((p) => shared[p] !== undefined) || undefined}>
          {ICONS[parts[0]]}
          <span className={css.name}>{label}</span>
          <ChevronDown size={14} />
        </Button>
      }
    >
      <div className={css.list}>
        {parts.map((part) => (
          <Choices key={part} part={part} titled={parts.length > 1} value={shared[part]} onDone={() => setOpen(false)} />
        ))}
      </div>
    </Popover>
  )
}

/** The list is asked for when it is opened. */
function Choices({ part, titled, value, onDone }: { part: Part; titled: boolean; value: string | undefined; onDone: () => void }) {
  const scope = useScope()
  const services = useServices({ ...scope, [part]: undefined, live: false })
  const patch = usePatchShared()
  const words = SCOPE_WORDS[part]
  const choices = choicesOf(services.data, part, value)
  const choose = (next: string | undefined) => () => {
    patch({ [part]: next })
    onDone()
  }
  return (
    <div role="group" aria-label={words.name} className={css.part}>
      {titled && <p className={css.title} aria-hidden="true">{words.name}</p>}
      <Choice label={words.all} on={value === undefined} choose={choose(undefined)} />
      {services.isPending && <Skeleton rows={2} height={12} />}
      {services.error && <ErrorState error={services.error} retry={() => void services.refetch()} />}
      {choices.map((c) => (
        <Choice key={c} label={c} on={c === value} choose={choose(c)} />
      ))}
      {services.data && choices.length === 0 && <p className={css.none}>{words.none}</p>}
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
