import { Maximize2 } from 'lucide-react'
import type { ServiceMap } from '../../api/types'
import { Glyph } from '../../map/Glyph'
import { Panel, Section } from '../../map/Panel'
import { Red } from './NodePanel'
import { formatDuration, formatPercent, formatRate, plural } from '../../pure/format'
import { kindOf } from '../../pure/mapKind'
import type { SceneNode } from '../../pure/mapScene'
import { badShare } from '../../pure/mapStats'
import { Button } from '../../widgets/Button'
import css from './MapPanels.module.css'

type Props = { map: ServiceMap; node: SceneNode; onOpen: (id: string) => void; onSelect: (sel: string | undefined) => void }

/** What a closed group or a bunch of leaves holds. */
export function GroupPanel({ map, node, onOpen, onSelect }: Props) {
  const inside = new Set(node.members)
  const members = map.nodes.filter((n) => inside.has(n.id)).sort((a, b) => badShare(b.stats) - badShare(a.stats) || (b.stats?.rate ?? 0) - (a.stats?.rate ?? 0))
  return (
    <Panel
      label={node.label}
      onClose={() => onSelect(undefined)}
      title={
        <>
          <h2 className={css.name}>
            <Glyph name={node.kind.glyph} /> {node.label}
          </h2>
          <p className={css.facts}>{plural(members.length, 'node')}</p>
        </>
      }
      actions={
        <Button size="sm" onClick={() => onOpen(node.id)}>
          <Maximize2 size={14} aria-hidden="true" /> {node.shape === 'group' ? 'Open group' : 'Show each'}
        </Button>
      }
    >
      {node.stats !== null && <Red stats={node.stats} series={undefined} />}
      <Section title="Members">
        <ul className={css.links}>
          {members.map((n) => (
            <li key={n.id}>
              <button
                type="button"
                className={css.row}
                onClick={() => {
                  onOpen(node.id)
                  onSelect(`n:${n.id}`)
                }}
              >
                <Glyph name={kindOf(n.type, n.kind === 'inferred').glyph} size={14} />
                <span className={css.rowName}>{n.name}</span>
                {badShare(n.stats) > 0 && <span className={css.bad}>{formatPercent(badShare(n.stats))}</span>}
                <span className={css.figure}>{n.stats ? formatRate(n.stats.rate) : ''}</span>
                <span className={css.figure}>{n.stats ? formatDuration(n.stats.p95_ns) : ''}</span>
              </button>
            </li>
          ))}
        </ul>
      </Section>
    </Panel>
  )
}
