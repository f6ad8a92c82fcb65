import { Search } from 'lucide-react'
import { type KeyboardEvent, type Ref, useId, useState } from 'react'
import { searchNodes } from '../pure/mapSearch'
import type { SceneNode } from '../pure/mapScene'
import { Input } from '../widgets/Input'
import { Glyph } from './Glyph'
import css from './NodeSearch.module.css'

type Item = Pick<SceneNode, 'id' | 'label' | 'kind'>
type Props = { items: readonly Item[]; onPick: (id: string) => void; inputRef?: Ref<HTMLInputElement> }

/** Finds a node by typing a part of its name; Enter takes the first, arrows choose another. */
export function NodeSearch({ items, onPick, inputRef }: Props) {
  const id = useId()
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const found = open && text !== '' ? searchNodes(items, text, 8) : []
  const pick = (item: Item | undefined) => {
    if (!item) return
    setText('')
    setOpen(false)
    onPick(item.id)
  }
  const onKey = (e: KeyboardEvent<HTMLInputElement>) => {
    if (e.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1))
    else if (e.key === 'ArrowUp') setAt(Math.max(0, at - 1))
    else if (e.key === 'Enter') pick(found[at])
    else if (e.key === 'Escape') {
      setText('')
      e.currentTarget.blur()
    } else return
    e.preventDefault()
  }
  return (
    <div className={css.search}>
      <Input
        ref={inputRef}
        label="Find on the map"
        placeholder="Find on the map"
        icon={<Search size={14} />}
        value={text}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
        onChange={(e) => {
          setText(e.target.value)
          setAt(0)
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
      />
      {found.length > 0 && (
        <ul id={id} role="listbox" aria-label="Nodes" className={css.list}>
          {found.map((item, i) => (
            <li key={item.id} id={`${id}-${i}`} role="option" aria-selected={i === at} className={css.item} onPointerDown={(e) => { e.preventDefault(); pick(item) }}>
              <Glyph name={item.kind.glyph} size={15} />
              <span className={css.name}>{item.label}</span>
              <span className={css.words}>{item.kind.words}</span>
            </li>
          ))}
        </ul>
      )}
      {open && text !== '' && found.length === 0 && <p className={css.list} role="status">Nothing on the map is called “{text}”.</p>}
    </div>
  )
}
