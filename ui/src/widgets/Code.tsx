import { CopyButton } from './CopyButton'
import css from './Code.module.css'

/** Text to copy: a block, or one line among others. */
export function Code({ text, inline = false }: { text: string; inline?: boolean }) {
  if (inline) {
    return (
      <span className={css.inline}>
        <code>{text}</code>
        <CopyButton text={text} label="Copy" />
      </span>
    )
  }
  return (
    <div className={css.block}>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <span className={css.copy}>
        <CopyButton text={text} label="Copy" />
      </span>
    </div>
  )
}
