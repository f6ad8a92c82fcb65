import css from './Segmented.module.css'

type Props<T extends string> = { label: string; value: T; options: readonly { value: T; label: string }[]; onChange: (value: T) => void }

/** One of a few, all of them in view. Real radio buttons, so arrows work and screen readers know. */
export function Segmented<T extends string>({ label, value, options, onChange }: Props<T>) {
  return (
    <fieldset className={css.group}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((o) => (
        <label key={o.value} className={css.option}>
          <input type="radio" className={css.radio} name={label} value={o.value} checked={o.value === value} onChange={() => onChange(o.value)} />
          <span className={css.text}>{o.label}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** On or off, at once. */
export function Switch({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className={css.switch}>
      <span>{label}</span>
      <input type="checkbox" role="switch" className={css.track} checked={checked} onChange={(e) => onChange(e.target.checked)} />
    </label>
  )
}
