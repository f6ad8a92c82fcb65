import { Radar } from 'lucide-react'
import { useState } from 'react'
import { NodeSearch } from '../../map/NodeSearch'
import type { SceneNode } from '../../pure/mapScene'
import { formatCount } from '../../pure/format'
import { Button } from '../../widgets/Button'
import { Segmented } from '../../widgets/Segmented'
import { Empty } from '../../widgets/States'
import css from './MapPage.module.css'

const DEPTHS = ['1', '2', '3', '4'] as const

type Props = { count: number; names: readonly SceneNode[]; onFocus: (id: string, hops: number) => void; onGroup: () => void; onAll: () => void }

/** Instead of a poster: asks for a service and how far to look around it. */
export function TooMany({ count, names, onFocus, onGroup, onAll }: Props) {
  const [depth, setDepth] = useState<(typeof DEPTHS)[number]>('2')
  return (
    <Empty
      icon={<Radar size={22} />}
      title={`${formatCount(count)} nodes are more than a picture can tell`}
      actions={
        <>
          <Button onClick={onGroup}>Group them</Button>
          <Button look="quiet" onClick={onAll}>Draw them all</Button>
        </>
      }
    >
      <p>Choose a service, and how many calls around it to show.</p>
      <div className={css.ask}>
        <NodeSearch items={names} onPick={(id) => onFocus(id, Number(depth))} />
        <Segmented label="How far" value={depth} options={DEPTHS.map((value) => ({ value, label: value }))} onChange={setDepth} />
      </div>
    </Empty>
  )
}
