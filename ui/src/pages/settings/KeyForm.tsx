import { type FormEvent, useState } from 'react'
import { useServices } from '../../api/hooks'
import { type Keys, type KeyScope, type NewKey, useCreateKey } from '../../api/keys'
import { plural } from '../../pure/format'
import { closesTheDoor, nameProblem } from '../../pure/keys'
import { Button } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { Segmented } from '../../widgets/Segmented'
import { Notice } from '../../widgets/States'
import css from './Keys.module.css'

const SCOPES: readonly { value: KeyScope; label: string }[] = [
  { value: 'ingest', label: 'Sending' },
  { value: 'read', label: 'Reading' },
]

/** Makes a key; the first one for sending changes the rules for everybody, so the form says so first. */
export function KeyForm({ keys, onMade }: { keys: Keys; onMade: (key: NewKey) => void }) {
  const [name, setName] = useState('')
  const [scope, setScope] = useState<KeyScope>('ingest')
  const [tried, setTried] = useState(false)
  const create = useCreateKey()
  const problem = nameProblem(name)
  const first = scope === 'ingest' && closesTheDoor(keys)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (problem === null && !create.isPending) create.mutate({ name: name.trim(), scope }, { onSuccess: onMade })
  }
  return (
    <form className={css.form} onSubmit={submit} noValidate>
      <h2>Make a key</h2>
      <div className={css.fields}>
        <Input label="Name of the key" placeholder="Name, such as payments-team" value={name} onChange={(e) => setName(e.target.value)} invalid={tried && problem !== null} className={css.nameField} />
        <Segmented label="Good for" value={scope} options={SCOPES} onChange={setScope} />
        <Button type="submit" look="primary" disabled={create.isPending}>
          {first ? 'Make it, and ask for keys' : 'Make it'}
        </Button>
      </div>
      {tried && problem !== null && (
        <p className={css.problem} role="alert">
          {problem}
        </p>
      )}
      {create.error !== null && <Notice tone="warn">{create.error.message}</Notice>}
      {first && <FirstKey />}
    </form>
  )
}

/** Who would be refused a second later. */
function FirstKey() {
  const services = useServices({ range: { from: 'now-15m', to: 'now' } })
  const names = [...new Set(services.data?.services.map((s) => s.name))]
  const shown = names.slice(0, 6).join(', ')
  return (
    <Notice tone="warn">
      This is the first ingest key: as soon as it exists, every sender must show one, and senders without are refused.
      {names.length > 0 && ` ${plural(names.length, 'service')} sent here in the last 15 minutes without: ${shown}${names.length > 6 ? ' and more' : ''}.`}
    </Notice>
  )
}
