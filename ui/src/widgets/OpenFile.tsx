import { FileUp } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { ApiError } from '../pure/problem'
import { Button } from './Button'
import { Popover } from './Popover'
import css from './OpenFile.module.css'

type Props = { pending: boolean; error: Error | null; onFile: (file: File) => void; text?: string }

/** A button that opens a trace from a file. */
export function OpenFileButton(props: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Open a trace from a file"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet" size="sm" aria-label="Open a file">
          <FileUp size={14} aria-hidden="true" /> <span className={css.wide}>Open a file</span>
        </Button>
      }
    >
      <OpenFile {...props} />
    </Popover>
  )
}

/** Takes a file, by choosing or dropping, and shows its trace. */
export function OpenFile({ pending, error, onFile, text = 'A trace as OTLP JSON, as it is downloaded here, or as Jaeger’s JSON. It is shown, not stored.' }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const drop = (e: DragEvent) => {
    e.preventDefault()
    setOver(false)
    const file = e.dataTransfer.files.item(0)
    if (file) onFile(file)
  }
  return (
    <div
      className={css.zone}
      data-over={over || undefined}
      onDragOver={(e) => {
        e.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{text}</p>
      <input
        ref={input}
        type="file"
        accept=".json,.jsonl,.ndjson,application/json"
        aria-label="File of a trace"
        className="visually-hidden"
        tabIndex={-1}
        onChange={(e) => {
          const file = e.currentTarget.files?.item(0)
          if (file) onFile(file)
          e.currentTarget.value = ''
        }}
      />
      <Button disabled={pending} onClick={() => input.current?.click()}>
        {pending ? 'Reading…' : 'Choose a file'}
      </Button>
      <span className={css.or}>or drop it here</span>
      {error && (
        <p role="alert" className={css.problem}>
          {error.message}
          {error instanceof ApiError && error.hint !== '' && <span> {error.hint}</span>}
        </p>
      )}
    </div>
  )
}
