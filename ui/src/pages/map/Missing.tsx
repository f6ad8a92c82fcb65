import { Panel } from '../../map/Panel'
import { nameOfId } from '../../pure/mapName'
import { Button } from '../../widgets/Button'
import { Empty } from '../../widgets/States'
import css from './MapPanels.module.css'

type Props = { id: string; onClose: () => void; onWiden: () => void }

/** Instead of the panel of something that a link names and the map does not have: why, and what may help. */
export function Missing({ id, onClose, onWiden }: Props) {
  const name = nameOfId(id)
  return (
    <Panel label={`${name}, not on the map`} onClose={onClose} title={<h2 className={css.name}>{name}</h2>}>
      <Empty
        title="Not on the map"
        actions={
          <>
            <Button onClick={onWiden}>Look at the last day</Button>
            <Button look="quiet" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        Nothing was received of it in this time range, with this environment and namespace. A longer range may have it.
      </Empty>
    </Panel>
  )
}
