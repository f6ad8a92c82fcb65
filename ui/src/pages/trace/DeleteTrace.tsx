import { Link } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useDeleteTrace, useTraceTrial } from '../../api/deletions'
import { useShared } from '../../nav'
import { amountOf } from '../../pure/deletions'
import { Button, IconButton } from '../../widgets/Button'
import { Dialog } from '../../widgets/Dialog'
import { Input } from '../../widgets/Input'
import { Notice } from '../../widgets/States'
import css from './DeleteTrace.module.css'

/** Deletes the trace in view for good, after saying what goes and asking why. */
export function DeleteTrace({ traceId }: { traceId: string }) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const shared = useShared()
  const trial = useTraceTrial(traceId, open)
  const remove = useDeleteTrace()
  const { data: deleted } = remove
  return (
    <>
      <IconButton label="Delete trace…" onClick={() => setOpen(true)}>
        <Trash2 size={14} />
      </IconButton>
      <Dialog open={open} onOpenChange={setOpen} title={deleted === undefined ? 'Delete this trace for good?' : 'The trace is being deleted'}>
        {deleted === undefined ? (
          <form
            className={css.body}
            onSubmit={(event) => {
              event.preventDefault()
              remove.mutate({ traceId, reason: reason.trim() })
            }}
          >
            <p>{trial.data === undefined ? 'Its spans, exceptions and log records go.' : `This deletes ${amountOf(trial.data)}.`} It can&apos;t be undone.</p>
            <Input label="Reason, for the record" placeholder="Reason, for the record" value={reason} onChange={(e) => setReason(e.target.value)} />
            {trial.error !== null && <Notice tone="warn">{trial.error.message}</Notice>}
            {remove.error !== null && <Notice tone="warn">{remove.error.message}</Notice>}
            <div className={css.actions}>
              <Button onClick={() => setOpen(false)}>Keep it</Button>
              <Button type="submit" look="primary" disabled={remove.isPending || trial.error !== null}>
                Delete for good
              </Button>
            </div>
          </form>
        ) : (
          <div className={css.body}>
            <p>No query finds it in a few seconds, and it is gone from disk about ten minutes later.</p>
            <div className={css.actions}>
              <Link to="/settings" search={{ ...shared, tab: 'delete' }}>
                How far it is
              </Link>
              <Link to="/traces" search={shared}>
                To the traces
              </Link>
            </div>
          </div>
        )}
      </Dialog>
    </>
  )
}
