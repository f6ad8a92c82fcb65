import type { MapEdge, MapNode } from '../../api/types'
import { Glyph } from '../../map/Glyph'
import { Section } from '../../map/Panel'
import { formatDuration, formatPercent, formatRate } from '../../pure/format'
import { kindOf } from '../../pure/mapKind'
import { failedShare } from '../../pure/red'
import type { PanelView } from './panel'
import css from './MapPanels.module.css'

/** Who calls a node and what it calls, what fails first; a row opens the connection. */
export function Dependencies({ view, node }: { view: PanelView; node: MapNode }) {
  const into = view.map.edges.filter((e) => e.target === node.id)
  const out = view.map.edges.filter((e) => e.source === node.id)
  if (into.length + out.length === 0) return <p className={css.alone}>Nothing calls it, and it calls nothing.</p>
  return (
    <>
      <Table title="Called by" view={view} edges={into} end="source" />
      <Table title="Calls" view={view} edges={out} end="target" />
    </>
  )
}

function Table({ title, view, edges, end }: { title: string; view: PanelView; edges: readonly MapEdge[]; end: 'source' | 'target' }) {
  if (edges.length === 0) return null
  const by = new Map(view.map.nodes.map((n) => [n.id, n]))
  const sorted = [...edges].sort((a, b) => b.stats.fault - a.stats.fault || b.stats.rate - a.stats.rate)
  return (
    <Section title={title}>
      <table className={css.dependencies} aria-label={title}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Failed</th>
            <th scope="col">Rate</th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((e) => {
            const other = by.get(e[end])
            if (!other) return null
            const bad = failedShare(e.stats)
            return (
              <tr key={e.id} onClick={() => view.onSelect(`e:${e.id}`)}>
                <th scope="row">
                  <button type="button" className={css.dependency} title={other.name}>
                    <Glyph name={kindOf(other.type, other.kind === 'inferred').glyph} size={14} />
                    <span>{other.name}</span>
                    {e.async && <i>async</i>}
                  </button>
                </th>
                <td className={bad > 0 ? css.bad : undefined}>{bad > 0 ? formatPercent(bad) : '–'}</td>
                <td>{formatRate(e.stats.rate)}</td>
                <td>{formatDuration(e.stats.p50_ns)}</td>
                <td>{formatDuration(e.stats.p95_ns)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Section>
  )
}
