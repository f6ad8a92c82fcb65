import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { Tooltip } from './Tooltip'
import css from './Button.module.css'

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** `quiet` has no border until it is hovered; `primary` is for the one main action of a view. */
  look?: 'plain' | 'quiet' | 'primary'
  size?: 'md' | 'sm'
  /** A toggle that is on. */
  pressed?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', size = 'md', pressed, className, type = 'button', ...rest }: Props) {
  const classes = [css.button, css[look], css[size], className].filter(Boolean).join(' ')
  return <button type={type} className={classes} aria-pressed={pressed} {...rest} />
}

/** A button with a picture alone; its label is the tooltip and the accessible name. */
export function IconButton({ label, keys, children, look = 'quiet', ...rest }: Props & { label: string; keys?: string; children: ReactNode }) {
  return (
    <Tooltip content={label} keys={keys}>
      <Button look={look} aria-label={label} className={css.icon} {...rest}>
        {children}
      </Button>
    </Tooltip>
  )
}
