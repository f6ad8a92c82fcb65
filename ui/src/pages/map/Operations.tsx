import { useFacets } from '../../api/spans'
import { useService } from '../../api/hooks'
import type { MapNode, Operation } from '../../api/types'
import { Section } from '../../map/Panel'
import { formatCount, formatDuration, formatPercent, formatRate } from '../../pure/format'
import { nodeQuery, NOTHING_PICKED } from '../../pure/mapQuery'
import { failedShare } from '../../pure/red'
import { Skeleton } from '../../widgets/States'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

const SHOWN = 6

/** The operations of a service as its page has them: what is failing first, then what takes most of its time. */
export function useOperations(node: MapNode, view: PanelView): { pending: boolean; operations: readonly Operation[] } {
  const service = useService(node.name, { ...view.scope, env: node.env === '' ? view.scope.env : node.env })
  const found = (service.data?.operations ?? []).filter((o) => o.kind === 'server' || o.kind === 'consumer')
  const weight = (o: Operation) => o.stats.requests * o.stats.avg_ns
  return { pending: service.isPending, operations: [...found].sort((a, b) => b.stats.fault - a.stats.fault || weight(b) - weight(a)) }
}

type Props = { view: PanelView; pending: boolean; operations: readonly Operation[] }

/** A row chooses its operation for the search above. */
export function TopOperations({ view, pending, operations }: Props) {
  if (!pending && operations.length === 0) return null
  const { pick, onPick } = view
  return (
    <Section
      title={operations.length > SHOWN ? `Operations, ${SHOWN} of ${formatCount(operations.length)}` : 'Operations'}
      aside={
        <span className={css.heads}>
          <span>Failed</span>
          <span>Requests</span>
          <span>p95</span>
        </span>
      }
    >
      {pending && <Skeleton rows={3} height={18} gap={10} />}
      <ul className={css.links}>
        {operations.slice(0, SHOWN).map((o) => (
          <li key={`${o.kind} ${o.name}`}>
            <button type="button" className={css.row} aria-pressed={pick.operation === o.name} title={o.name} onClick={() => onPick({ ...pick, operation: pick.operation === o.name ? '' : o.name })}>
              <span className={css.rowName}>{o.name}</span>
              <span className={css.bad}>{failedShare(o.stats) > 0 && formatPercent(failedShare(o.stats))}</span>
              <span className={css.figure}>{formatRate(o.stats.rate)}</span>
              <span className={css.figure}>{formatDuration(o.stats.p95_ns)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** What callers ask of a database, a queue or a host: names of their spans, out of a sample. Quiet where the server cannot tell. */
export function AskedOf({ node, view, severalEnvs }: { node: MapNode; view: PanelView; severalEnvs: boolean }) {
  const facets = useFacets(nodeQuery(node, NOTHING_PICKED, severalEnvs), view.scope, ['name'])
  const values = facets.data?.facets[0]?.values ?? []
  if (values.length === 0) return null
  const { pick, onPick } = view
  return (
    <Section title="Asked for" aside={<span className={css.heads}><span>Failed</span><span>Spans</span></span>}>
      <ul className={css.links}>
        {values.slice(0, SHOWN).map((v) => (
          <li key={v.value}>
            <button type="button" className={css.row} aria-pressed={pick.operation === v.value} title={v.value} onClick={() => onPick({ ...pick, operation: pick.operation === v.value ? '' : v.value })}>
              <span className={css.rowName}>{v.value}</span>
              <span className={css.bad}>{v.bad > 0 && formatPercent(v.bad / v.spans)}</span>
              <span className={css.figure}>{formatCount(v.spans)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}
