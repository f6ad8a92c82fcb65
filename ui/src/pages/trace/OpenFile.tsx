import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { FileUp } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { traceQuery } from '../../api/trace'
import { readTraceFile } from '../../api/traceFile'
import { useShared } from '../../nav'
import { ApiError } from '../../pure/problem'
import { Button } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import css from './OpenFile.module.css'

/** A button that opens a trace from a file. */
export function OpenFileButton() {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Open a trace from a file"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet" size="sm">
          <FileUp size={14} aria-hidden="true" /> Open a file
        </Button>
      }
    >
      <OpenFile />
    </Popover>
  )
}

/** Takes a file, by choosing or dropping, and shows its trace. */
export function OpenFile() {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const shared = useShared()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const reading = useMutation({
    mutationFn: (file: File) => readTraceFile(queryClient, file, file.name, {}),
    onSuccess: (trace) => {
      queryClient.setQueryData(traceQuery(trace.traceId, { file: true }).queryKey, trace)
      void navigate({ to: '/trace/$traceId', params: { traceId: trace.traceId }, search: { ...shared, file: true } })
    },
  })
  const drop = (e: DragEvent) => {
    e.preventDefault()
    setOver(false)
    const file = e.dataTransfer.files.item(0)
    if (file) reading.mutate(file)
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
      <p>A trace as OTLP JSON, as it is downloaded here, or as Jaeger’s JSON. It is shown, not stored.</p>
      <input
        ref={input}
        type="file"
        accept=".json,.jsonl,.ndjson,application/json"
        aria-label="File of a trace"
        className="visually-hidden"
        tabIndex={-1}
        onChange={(e) => {
          const file = e.currentTarget.files?.item(0)
          if (file) reading.mutate(file)
          e.currentTarget.value = ''
        }}
      />
      <Button disabled={reading.isPending} onClick={() => input.current?.click()}>
        {reading.isPending ? 'Reading…' : 'Choose a file'}
      </Button>
      <span className={css.or}>or drop it here</span>
      {reading.error && (
        <p role="alert" className={css.problem}>
          {reading.error.message}
          {reading.error instanceof ApiError && reading.error.hint !== '' && <span> {reading.error.hint}</span>}
        </p>
      )}
    </div>
  )
}
