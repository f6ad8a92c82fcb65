import { useSpan } from '../../api/hooks'
import type { TraceHint } from '../../api/trace'
import { useTraceLogs } from '../../api/traceLogs'
import type { SpanDetail } from '../../api/types'
import { Panel } from '../../map/Panel'
import { hueVar } from '../../pure/colour'
import { formatCount, formatDuration, formatPercent } from '../../pure/format'
import { OUTCOME_LABEL } from '../../pure/outcome'
import { CLASSES, FLAG, has, KINDS, spanId, type TraceModel } from '../../pure/trace'
import { LogList } from '../../timeline/LogList'
import { ClassMark } from '../../widgets/ClassMark'
import { CopyButton } from '../../widgets/CopyButton'
import { ErrorState, Notice, Skeleton } from '../../widgets/States'
import { type Tab, Tabs } from '../../widgets/Tabs'
import { Attributes } from './Attributes'
import { SpanEvents } from './SpanEvents'
import { SpanLinks } from './SpanLinks'
import { SpanRank } from './SpanRank'
import css from './SpanPanel.module.css'

export const TABS = ['attributes', 'events', 'logs', 'links', 'resource', 'raw'] as const
export type PanelTab = (typeof TABS)[number]

type Props = {
  trace: TraceModel
  hint: TraceHint
  row: number
  /** the reader has stayed with this row: its details may be asked for */
  settled: boolean
  hues: Uint8Array
  tab: PanelTab
  onTab: (tab: PanelTab) => void
  onClose: () => void
  onSelect: (row: number) => void
  /** attributes that stand in the timeline */
  columns: readonly string[]
  onColumns: (columns: string[]) => void
}

/** Everything about the selected span. Its place in the trace is known at once; attributes follow from the server. */
export function SpanPanel({ trace, hint, row, settled, hues, tab, onTab, onClose, onSelect, columns, onColumns }: Props) {
  const { spans } = trace
  const id = spanId(spans, row)
  const query = useSpan(trace.traceId, settled ? id : null, hint)
  const detail = query.data?.spans.find((s) => s.span_id === id)
  const klass = CLASSES[spans.klass[row]] ?? 'ok'
  const service = trace.services[spans.service[row]]
  const name = trace.names[spans.name[row]]
  const tabs: readonly Tab<PanelTab>[] = detail
    ? [
        { id: 'attributes', label: 'Attributes', panel: <Attributes list={detail.attributes} dropped={detail.dropped_attributes} prefix="" columns={columns} onColumns={onColumns} /> },
        { id: 'events', label: count('Events', detail.events.length), panel: <SpanEvents span={detail} /> },
        { id: 'logs', label: 'Logs', panel: <SpanLogs trace={trace} span={hint.file === true ? null : id} hues={hues} /> },
        { id: 'links', label: count('Links', detail.links.length + detail.linked_from.length), panel: <SpanLinks span={detail} /> },
        { id: 'resource', label: 'Resource', panel: <Attributes list={detail.resource.attributes} dropped={detail.resource.dropped_attributes} prefix="resource." columns={columns} onColumns={onColumns} /> },
        { id: 'raw', label: 'Raw', panel: <Raw span={detail} /> },
      ]
    : []
  return (
    <Panel
      label={`Span ${name}`}
      onClose={onClose}
      title={
        <>
          <p className={css.service}>
            <span className={css.stripe} style={{ background: hueVar(hues[spans.service[row]]) }} />
            {service.name}
            {service.env !== '' && <span className={css.env}>{service.env}</span>}
          </p>
          <h2 className={css.name} title={name}>{name}</h2>
        </>
      }
    >
      <dl className={css.facts}>
        <Fact label="Duration">{formatDuration(spans.duration[row])}</Fact>
        <Fact label="Self time">{formatDuration(spans.self[row])}</Fact>
        <Fact label="Of the trace">{formatPercent(Math.min(1, spans.duration[row] / trace.duration))}</Fact>
        <Fact label="Starts at">{formatDuration(spans.start[row])}</Fact>
        <Fact label="Kind">{KINDS[spans.kind[row]] ?? 'unspecified'}</Fact>
        <Fact label="Result">
          <span className={css.result} data-class={klass}>
            <ClassMark value={klass} size={13} label={false} /> {spans.http[row] > 0 ? spans.http[row] : OUTCOME_LABEL[klass]}
          </span>
        </Fact>
      </dl>
      {detail && detail.status_message !== '' && (
        <p className={css.message} data-class={klass}>
          {detail.status_message}
        </p>
      )}
      <SpanRank trace={trace} row={row} settled={settled} />
      <Flags trace={trace} row={row} onSelect={onSelect} />
      {query.error ? <ErrorState error={query.error} retry={() => void query.refetch()} /> : detail ? <Tabs label="Span" value={tab} onChange={onTab} tabs={tabs} className={css.tabs} /> : <Skeleton rows={8} />}
      <p className={css.id}>
        Span <code>{id}</code> <CopyButton text={id} label="Copy span id" />
        {spans.parent[row] >= 0 && (
          <button type="button" className={css.parent} onClick={() => onSelect(spans.parent[row])}>
            Parent
          </button>
        )}
      </p>
    </Panel>
  )
}

/** What the span logged. */
function SpanLogs({ trace, span, hues }: { trace: TraceModel; span: string | null; hues: Uint8Array }) {
  const logs = useTraceLogs(trace, span, true)
  if (logs.error) return <ErrorState error={logs.error} retry={() => void logs.refetch()} />
  if (logs.data === undefined) return span === null ? <p>A trace of a file has no logs here.</p> : <Skeleton rows={4} />
  return <LogList trace={trace} hues={hues} found={logs.data} selected={-1} onJump={() => undefined} title="" none="This span logged nothing." />
}

function count(label: string, n: number): string {
  return n > 0 ? `${label} ${formatCount(n)}` : label
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const NOTES: readonly (readonly [number, string])[] = [
  [FLAG.orphan, 'Its parent has not arrived; it stands where its time puts it.'],
  [FLAG.inProgress, 'Still running: its end has not arrived.'],
  [FLAG.cycleBroken, 'It named a descendant as its parent; that cycle was broken here.'],
  [FLAG.outlivesParent, 'It ends after its parent: the parent did not wait for it.'],
  [FLAG.duplicateId, 'Another span has the same id.'],
  [FLAG.sanitised, 'It could not be stored exactly as it was sent; see its attributes.'],
]

function Flags({ trace, row }: { trace: TraceModel; row: number; onSelect: (row: number) => void }) {
  const { spans } = trace
  const flags = spans.flags[row]
  const notes = NOTES.flatMap(([bit, text]) => (has(flags, bit) ? [text] : []))
  if (has(flags, FLAG.skewAdjusted)) notes.push(`Moved by ${formatDuration(Math.abs(spans.skew[row]))} to make up for clock skew.`)
  return notes.map((text) => <Notice key={text}>{text}</Notice>)
}

function Raw({ span }: { span: SpanDetail }) {
  const text = JSON.stringify(span, null, 2)
  return (
    <div className={css.raw}>
      <span className={css.rawCopy}>
        <CopyButton text={text} label="Copy JSON" />
      </span>
      <pre tabIndex={0}>{text}</pre>
    </div>
  )
}
