import { Plus } from 'lucide-react'
import { useDeferredValue, useState, type KeyboardEvent } from 'react'
import { useCompletion } from '../../api/hooks'
import { byteOffset } from '../../pure/query'
import { offeredKeys } from '../../pure/spanColumns'
import type { Range } from '../../pure/time'
import { Input } from '../../widgets/Input'
import css from './KeyPicker.module.css'

type Props = { label: string; range: Range; taken: readonly string[]; onPick: (key: string) => void }

/** Finds an attribute's key by typing. Enter takes what is typed, or the first that fits, with or without completion. */
export function KeyPicker({ label, range, taken, onPick }: Props) {
  const [text, setText] = useState('')
  const asked = useDeferredValue(text.trim())
  const completion = useCompletion(asked, byteOffset(asked, asked.length), range, true)
  const offered = offeredKeys(completion.data?.items ?? [], taken, text)
  const pick = (key: string) => {
    if (key === '') return
    onPick(key)
    setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    const typed = text.trim()
    pick(offered.includes(typed) || offered.length === 0 ? typed : offered[0])
  }
  return (
    <div className={css.picker}>
      <Input label={label} placeholder="http.route, resource.host.name …" value={text} onChange={(e) => setText(e.target.value)} onKeyDown={onKeyDown} className={css.input} />
      <ul className={css.list} aria-label="Attributes">
        {offered.map((key) => (
          <li key={key}>
            <button type="button" className={css.key} onClick={() => pick(key)}>
              <Plus size={13} aria-hidden="true" />
              <code>{key}</code>
            </button>
          </li>
        ))}
        {offered.length === 0 && text.trim() !== '' && <li className={css.none}>Enter adds {text.trim()} as it is typed.</li>}
      </ul>
    </div>
  )
}
