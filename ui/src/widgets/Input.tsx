import type { InputHTMLAttributes, ReactNode, Ref } from 'react'
import css from './Input.module.css'

type Props = InputHTMLAttributes<HTMLInputElement> & {
  /** Read to screen readers; what the placeholder says is not enough. */
  label: string
  icon?: ReactNode
  invalid?: boolean
  ref?: Ref<HTMLInputElement>
}

export function Input({ label, icon, invalid = false, className, ...rest }: Props) {
  return (
    <span className={[css.field, className].filter(Boolean).join(' ')} data-invalid={invalid || undefined}>
      {icon !== undefined && <span className={css.icon}>{icon}</span>}
      <input className={css.input} aria-label={label} aria-invalid={invalid || undefined} autoComplete="off" spellCheck={false} {...rest} />
    </span>
  )
}
