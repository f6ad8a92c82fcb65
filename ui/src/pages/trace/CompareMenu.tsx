import { Link, useNavigate } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useOperation } from '../../api/spans'
import { useTraceFile } from '../../api/trace'
import type { Exemplar } from '../../api/types'
import { useShared } from '../../nav'
import { formatDuration } from '../../pure/format'
import { findTraceId } from '../../pure/trace-id'
import { CLASSES, KINDS, spanId, type TraceModel } from '../../pure/trace'
import { signedShare } from '../../pure/traceDelta'
import { isRequest } from '../../pure/traceRank'
import { typicalWhy } from '../../pure/traceTypical'
import { Button } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import { OpenFile } from '../../widgets/OpenFile'
import { Popover } from '../../widgets/Popover'
import { Skeleton } from '../../widgets/States'
import { useTraceScope } from './useTraceScope'
import css from './CompareMenu.module.css'

type Props = { trace: TraceModel; file?: boolean }

/** The ways to set this trace beside another: a typical one of its operation, the slowest, or any by its id. */
export function CompareMenu({ trace, file }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Compare this trace"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm" className={css.trigger}>
          <GitCompareArrows size={14} aria-hidden="true" /> Compare
        </Button>
      }
    >
      <div className={css.menu}>
        <Suggestions trace={trace} file={file} />
        <ById trace={trace} file={file} />
        <WithFile trace={trace} file={file} />
      </div>
    </Popover>
  )
}

function Suggestions({ trace, file }: Props) {
  const { spans } = trace
  const service = trace.services[spans.service[0]]
  const name = trace.names[spans.name[0]]
  const kind = KINDS[spans.kind[0]] ?? 'unspecified'
  const scope = useTraceScope(trace, service.env)
  const operation = useOperation(service.name, name, kind, scope, isRequest(kind))
  const klass = CLASSES[spans.klass[0]] ?? 'ok'
  const alike = useOperation(service.name, name, kind, scope, isRequest(kind) && klass !== 'ok', klass).data?.typical
  if (!isRequest(kind) || operation.error) return null
  if (operation.data === undefined) return <Skeleton rows={2} height={28} gap={6} />
  const { typical, slowest } = operation.data
  return (
    <>
      <h2 className={css.title}>
        {service.name} <span>{name}</span>
      </h2>
      <ul className={css.list}>
        {typical && <Suggestion trace={trace} file={file} of={typical} label="A typical one" why={typicalWhy(typical)} />}
        {klass !== 'ok' && alike?.class === klass && <Suggestion trace={trace} file={file} of={alike} label={`A typical ${klass}`} why={typicalWhy(alike)} />}
        {slowest && <Suggestion trace={trace} file={file} of={slowest} label="The slowest" />}
        {!typical && !slowest && !alike && <li className={css.note}>No other request of this operation is in this range.</li>}
      </ul>
    </>
  )
}

function Suggestion({ trace, file, of, label, why }: Props & { of: Exemplar; label: string; why?: string }) {
  const shared = useShared()
  const text = (
    <>
      <span className={css.label}>{label}</span>
      <span className={css.duration}>{formatDuration(of.duration_ns)}</span>
      <span className={css.note}>{of.trace_id === trace.traceId ? 'this one' : signedShare(of.duration_ns, trace.spans.duration[0])}</span>
      {why !== undefined && <span className={css.why}>{why}</span>}
    </>
  )
  if (of.trace_id === trace.traceId) return <li className={css.item}>{text}</li>
  return (
    <li>
      <Link to="/compare/$a/$b" params={{ a: of.trace_id, b: trace.traceId }} search={{ ...shared, sa: of.span_id, sb: spanId(trace.spans, 0), fb: file }} className={css.item}>
        {text}
      </Link>
    </li>
  )
}

function ById({ trace, file }: Props) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState('')
  const shared = useShared()
  const navigate = useNavigate()
  const submit = (e: FormEvent) => {
    e.preventDefault()
    const id = findTraceId(text)
    if (id === null) setWrong('That is no trace id: 32 hex digits, X-Ray’s spelling, or a link to a trace.')
    else if (id === trace.traceId && file !== true) setWrong('That is this trace itself.')
    else void navigate({ to: '/compare/$a/$b', params: { a: id, b: trace.traceId }, search: { ...shared, fb: file } })
  }
  return (
    <form className={css.form} onSubmit={submit}>
      <div className={css.line}>
        <Input
          label="Trace id to compare with"
          placeholder="Trace id, or a link to one"
          value={text}
          invalid={wrong !== ''}
          onChange={(e) => {
            setText(e.target.value)
            setWrong('')
          }}
          className={css.input}
        />
        <Button type="submit" disabled={text.trim() === ''}>
          Compare
        </Button>
      </div>
      <p className={css.note} role="status" data-wrong={wrong !== '' || undefined}>
        {wrong === '' ? 'Two traces can also be marked in the list of traces.' : wrong}
      </p>
    </form>
  )
}

/** A trace that is saved in a file, beside this one. */
function WithFile({ trace, file }: Props) {
  const shared = useShared()
  const navigate = useNavigate()
  const reading = useTraceFile((id) => void navigate({ to: '/compare/$a/$b', params: { a: id, b: trace.traceId }, search: { ...shared, fa: true, fb: file } }))
  return (
    <div className={css.file}>
      <OpenFile {...reading} text="Or with a trace from a file, which is not stored." />
    </div>
  )
}
