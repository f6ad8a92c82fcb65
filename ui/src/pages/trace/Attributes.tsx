import { Link } from '@tanstack/react-router'
import { Columns3, Pin, PinOff, Search } from 'lucide-react'
import { useState } from 'react'
import type { Attribute } from '../../api/types'
import { useShared } from '../../nav'
import { formatCount } from '../../pure/format'
import { attributeClause, attributeGroups } from '../../pure/traceAttributes'
import { IconButton } from '../../widgets/Button'
import { CopyButton } from '../../widgets/CopyButton'
import { Input } from '../../widgets/Input'
import { Tooltip } from '../../widgets/Tooltip'
import { setPin, usePins } from './pins'
import css from './SpanPanel.module.css'

type Props = {
  list: readonly Attribute[]
  dropped: number
  /** how the filter language spells these keys: empty for the span's own, `resource.` … */
  prefix: string
  /** keys that are columns of the timeline */
  columns: readonly string[]
  onColumns: (columns: string[]) => void
}

/** Attributes in groups by the first word of their keys, those that the reader has pinned before all. */
export function Attributes({ list, dropped, prefix, columns, onColumns }: Props) {
  const [text, setText] = useState('')
  const pins = usePins()
  const shared = useShared()
  const groups = attributeGroups(list, prefix, text, pins)
  if (list.length === 0) return <p className={css.none}>None were sent.</p>
  return (
    <>
      {list.length > 6 && <Input label="Filter attributes" placeholder="Filter by key or value" value={text} onChange={(e) => setText(e.target.value)} className={css.filter} />}
      {groups.map((group) => (
        <section key={group.title} aria-label={group.title === '' ? 'Attributes' : group.title}>
          {group.title !== '' && <h3 className={css.groupTitle}>{group.title}</h3>}
          <dl className={css.attributes}>
            {group.list.map((a) => {
              const key = prefix + a.key
              const pinned = pins.includes(key)
              const column = columns.includes(key)
              return (
                <div key={a.key} className={css.attribute} data-pinned={pinned || undefined}>
                  <dt>{a.key}</dt>
                  <dd data-type={a.type}>{a.value}</dd>
                  <dd className={css.tools}>
                    <IconButton label={pinned ? `Unpin ${a.key}` : `Pin ${a.key} to the top`} size="sm" onClick={() => setPin(key, !pinned)}>
                      {pinned ? <PinOff size={13} /> : <Pin size={13} />}
                    </IconButton>
                    <IconButton label={column ? `Take ${a.key} off the timeline` : `Show ${a.key} in the timeline`} size="sm" pressed={column || undefined} onClick={() => onColumns(column ? columns.filter((c) => c !== key) : [...columns, key].slice(-3))}>
                      <Columns3 size={13} />
                    </IconButton>
                    <Tooltip content="Search spans with this value">
                      <Link to="/traces" search={{ ...shared, q: attributeClause(prefix, a) }} aria-label={`Search traces with this ${a.key}`} className={css.tool}>
                        <Search size={13} />
                      </Link>
                    </Tooltip>
                    <CopyButton text={a.value} label={`Copy ${a.key}`} />
                  </dd>
                </div>
              )
            })}
          </dl>
        </section>
      ))}
      {groups.length === 0 && <p className={css.none}>No attribute contains “{text}”.</p>}
      {dropped > 0 && <p className={css.none}>{formatCount(dropped)} more were dropped by the sender.</p>}
    </>
  )
}
