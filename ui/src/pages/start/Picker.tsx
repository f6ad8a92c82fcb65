import type { Sender } from '../../pure/senders'
import type { SenderGroup } from '../../pure/snippets'
import css from './Picker.module.css'

type Props = { label: string; value: Sender; groups: readonly SenderGroup[]; onChange: (value: Sender) => void }

/** One of many, in named groups. Real radio buttons of one name: arrows walk through all of them. */
export function Picker({ label, value, groups, onChange }: Props) {
  return (
    <fieldset className={css.picker}>
      <legend className="visually-hidden">{label}</legend>
      {groups.map((g) => (
        <div key={g.label} className={css.group} role="group" aria-label={g.label}>
          <p className={css.title}>{g.label}</p>
          <div className={css.options}>
            {g.senders.map((s) => (
              <label key={s.value} className={css.option}>
                <input type="radio" name="sender" className={css.radio} checked={s.value === value} onChange={() => onChange(s.value)} />
                <span className={css.text}>{s.label}</span>
              </label>
            ))}
          </div>
        </div>
      ))}
    </fieldset>
  )
}
