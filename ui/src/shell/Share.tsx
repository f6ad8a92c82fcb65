import { Check, Link2 } from 'lucide-react'
import { useState } from 'react'
import { describeRange, isRelative, pin, type Range } from '../pure/time'
import { Button } from '../widgets/Button'
import { Popover } from '../widgets/Popover'
import { Switch } from '../widgets/Segmented'
import { copyLink } from './share'
import css from './Share.module.css'

/** A link to exactly this view. Relative ranges are pinned unless the sharer wants them to move on. */
export function Share({ range }: { range: Range }) {
  const [open, setOpen] = useState(false)
  const [moves, setMoves] = useState(false)
  const [openedAt, setOpenedAt] = useState(0)
  const relative = isRelative(range)
  return (
    <Popover
      label="Share this view"
      open={open}
      onOpenChange={(next) => {
        setOpenedAt(Date.now())
        setOpen(next)
      }}
      trigger={
        <Button look="quiet" aria-label="Share this view" className={css.trigger}>
          <Link2 size={16} />
        </Button>
      }
    >
      <div className={css.panel}>
        <p>A link to exactly what you see.</p>
        {relative && <Switch label="Keep relative" checked={moves} onChange={setMoves} />}
        {relative && (
          <p className={css.note}>{moves ? `${describeRange(range, openedAt)}, whenever it is opened` : `Pinned to ${describeRange(pin(range, openedAt), openedAt)}`}</p>
        )}
        <Button
          look="primary"
          onClick={() => {
            void copyLink(range, !moves)
            setOpen(false)
          }}
        >
          <Check size={15} /> Copy link
        </Button>
      </div>
    </Popover>
  )
}
