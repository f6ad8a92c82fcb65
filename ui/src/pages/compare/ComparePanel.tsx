import { Link } from '@tanstack/react-router'
import { useSpan } from '../../api/hooks'
import { Panel } from '../../map/Panel'
import { useShared } from '../../nav'
import { hueVar } from '../../pure/colour'
import { formatDuration } from '../../pure/format'
import { OUTCOME_LABEL } from '../../pure/outcome'
import { CLASSES, KINDS, spanId } from '../../pure/trace'
import { attributeDiff, type AttributePair } from '../../pure/traceAttributes'
import { type Deltas, signedDuration } from '../../pure/traceDelta'
import type { Side, TraceDiff } from '../../pure/traceDiff'
import { ErrorState, Skeleton } from '../../widgets/States'
import { Switch } from '../../widgets/Segmented'
import css from './ComparePanel.module.css'

type Props = { a: Side; b: Side; diff: TraceDiff; deltas: Deltas; row: number; hues: Uint8Array; all: boolean; onAll: (all: boolean) => void; onClose: () => void }

/** The chosen pair side by side: figures, and the attributes that differ. */
export function ComparePanel({ a, b, diff, row, hues, all, onAll, onClose }: Props) {
  const [ra, rb] = [diff.rows.a[row], diff.rows.b[row]]
  const idA = ra < 0 ? null : spanId(a.trace.spans, ra)
  const idB = rb < 0 ? null : spanId(b.trace.spans, rb)
  const first = useSpan(a.trace.traceId, idA, { file: a.file })
  const second = useSpan(b.trace.traceId, idB, { file: b.file })
  const spanA = idA === null ? null : first.data?.spans.find((s) => s.span_id === idA && s.trace_id === a.trace.traceId)
  const spanB = idB === null ? null : second.data?.spans.find((s) => s.span_id === idB && s.trace_id === b.trace.traceId)
  const failed = first.error ? first : second.error ? second : null
  return (
    <Panel
      label={`Pair ${diff.names[diff.rows.name[row]]}`}
      onClose={onClose}
      title={
        <>
          <p className={css.service}>
            <span className={css.stripe} style={{ background: hueVar(hues[diff.rows.service[row]]) }} />
            {diff.services[diff.rows.service[row]]}
            {ra < 0 && <em>+ only in B</em>}
            {rb < 0 && <em>− only in A</em>}
          </p>
          <h2 className={css.name}>{diff.names[diff.rows.name[row]]}</h2>
        </>
      }
    >
      <Figures a={a} b={b} ra={ra} rb={rb} shiftA={diff.shiftA} shiftB={diff.shiftB} />
      {failed?.error ? (
        <ErrorState error={failed.error} retry={() => void failed.refetch()} />
      ) : spanA === undefined || spanB === undefined ? (
        <Skeleton rows={6} />
      ) : (
        <>
          <div className={css.switch}>
            <Switch label="Attributes that are the same as well" checked={all} onChange={onAll} />
          </div>
          {attributeDiff(spanA, spanB).map((part) => (
            <AttributeTable key={part.title} title={part.title} pairs={all ? part.pairs : part.pairs.filter((p) => p.change !== 'same')} only={spanA === null ? 'B' : spanB === null ? 'A' : null} />
          ))}
        </>
      )}
    </Panel>
  )
}

function Figures({ a, b, ra, rb, shiftA, shiftB }: { a: Side; b: Side; ra: number; rb: number; shiftA: number; shiftB: number }) {
  const shared = useShared()
  const [A, B] = [a.trace.spans, b.trace.spans]
  const lines: readonly [title: string, before: number | null, after: number | null][] = [
    ['Duration', ra < 0 ? null : A.duration[ra], rb < 0 ? null : B.duration[rb]],
    ['Self time', ra < 0 ? null : A.self[ra], rb < 0 ? null : B.self[rb]],
    ['Starts at', ra < 0 ? null : A.start[ra] + shiftA, rb < 0 ? null : B.start[rb] + shiftB],
  ]
  const result = (side: Side, row: number) => (row < 0 ? '–' : side.trace.spans.http[row] > 0 ? `${side.trace.spans.http[row]}` : OUTCOME_LABEL[CLASSES[side.trace.spans.klass[row]] ?? 'ok'])
  const kind = KINDS[ra < 0 ? B.kind[rb] : A.kind[ra]] ?? 'unspecified'
  const open = (side: Side, row: number, letter: string) =>
    row < 0 ? (
      '–'
    ) : (
      <Link to="/trace/$traceId" params={{ traceId: side.trace.traceId }} search={{ ...shared, span: spanId(side.trace.spans, row), file: side.file }}>
        Open in {letter}
      </Link>
    )
  return (
    <table className={css.figures}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Figure</span>
          </th>
          <th scope="col">A</th>
          <th scope="col">B</th>
          <th scope="col">B against A</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([title, before, after]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td>{before === null ? '–' : formatDuration(before)}</td>
            <td>{after === null ? '–' : formatDuration(after)}</td>
            <td>{before === null || after === null ? '–' : signedDuration(after - before)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">Result</th>
          <td>{result(a, ra)}</td>
          <td>{result(b, rb)}</td>
          <td>{ra >= 0 && rb >= 0 && result(a, ra) !== result(b, rb) ? 'differs' : ''}</td>
        </tr>
        <tr>
          <th scope="row">Span, {kind}</th>
          <td>{open(a, ra, 'A')}</td>
          <td>{open(b, rb, 'B')}</td>
          <td />
        </tr>
      </tbody>
    </table>
  )
}

const SIGN = { same: '', changed: '≠', added: '+', removed: '−' } as const
const WORD = { same: 'same', changed: 'differs', added: 'only in B', removed: 'only in A' } as const

function AttributeTable({ title, pairs, only }: { title: string; pairs: readonly AttributePair[]; only: 'A' | 'B' | null }) {
  return (
    <section className={css.part}>
      <h3>{title}</h3>
      {pairs.length === 0 ? (
        <p className={css.none}>No attribute differs.</p>
      ) : (
        <dl>
          {pairs.map((p) => (
            <div key={p.key} className={css.pair} data-change={p.change}>
              <dt>
                <span aria-hidden="true">{SIGN[p.change]}</span> {p.key} {only === null && p.change !== 'changed' && <em>{WORD[p.change]}</em>}
              </dt>
              {p.change === 'changed' ? (
                <>
                  <dd>
                    <b>A</b> {p.a?.value}
                  </dd>
                  <dd>
                    <b>B</b> {p.b?.value}
                  </dd>
                </>
              ) : (
                <dd>{(p.b ?? p.a)?.value}</dd>
              )}
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}
