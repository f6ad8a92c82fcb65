import { Link } from '@tanstack/react-router'
import { useCreateKey } from '../../api/keys'
import { Button } from '../../widgets/Button'
import { Code } from '../../widgets/Code'
import { Input } from '../../widgets/Input'
import { Notice } from '../../widgets/States'
import css from './StartPage.module.css'

/** Where keys are required: one that is at hand, or one made now, goes into the texts below. It is kept nowhere. */
export function KeyStep({ value, onKey }: { value: string | null; onKey: (key: string | null) => void }) {
  const create = useCreateKey()
  if (create.data !== undefined) {
    return (
      <div className={css.key}>
        <p>The key is in the texts below. It is not shown again, so keep it:</p>
        <Code text={create.data.key} />
      </div>
    )
  }
  return (
    <div className={css.key}>
      <p>Every sender must show an ingest key. Paste yours, and it is filled in below, or make one.</p>
      <div className={css.keyFields}>
        <Input label="Ingest key" placeholder="sl_…" value={value ?? ''} onChange={(e) => onKey(e.target.value.trim() === '' ? null : e.target.value.trim())} className={css.keyField} />
        <Button disabled={create.isPending} onClick={() => create.mutate({ name: 'made while getting started', scope: 'ingest' }, { onSuccess: (made) => onKey(made.key) })}>
          Make a key
        </Button>
        <Link to="/settings" search={{ tab: 'keys' }} className={css.all}>
          All keys
        </Link>
      </div>
      {create.error !== null && <Notice tone="warn">{create.error.message}</Notice>}
    </div>
  )
}
