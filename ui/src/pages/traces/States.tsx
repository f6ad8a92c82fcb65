import { useNavigate } from '@tanstack/react-router'
import { Telescope } from 'lucide-react'
import { useStatus } from '../../api/hooks'
import { plural } from '../../pure/format'
import { noSpans } from '../../pure/health'
import { Button } from '../../widgets/Button'
import { Empty, Skeleton } from '../../widgets/States'

export function Loading() {
  return <Skeleton height={34} rows={9} gap={18} />
}

type Props = { q: string; rangeText: string; selected: boolean; onClear: () => void; onWiden: () => void; onUnselect: () => void }

/** Why the list is empty, and what finds more. */
export function NothingFound({ q, rangeText, selected, onClear, onWiden, onUnselect }: Props) {
  const status = useStatus()
  const navigate = useNavigate()
  if (noSpans(status.data)) {
    return (
      <Empty icon={<Telescope size={22} />} title="No span has ever arrived" actions={<Button look="primary" onClick={() => void navigate({ to: '/start' })}>Send the first one</Button>}>
        Point an OpenTelemetry SDK or Collector here, or send one span with curl.
      </Empty>
    )
  }
  if (selected) {
    return (
      <Empty icon={<Telescope size={22} />} title="Nothing lies in the selection" actions={<Button onClick={onUnselect}>Clear the selection</Button>}>
        The list shows what lies in the box on the chart.
      </Empty>
    )
  }
  return (
    <Empty
      icon={<Telescope size={22} />}
      title={q === '' ? 'No traces in this time range' : 'No trace matches'}
      actions={
        <>
          <Button onClick={onWiden}>Look at twice the time</Button>
          {q !== '' && <Button onClick={onClear}>Clear the search</Button>}
        </>
      }
    >
      {q === '' ? (
        <>
          Nothing was received in: {rangeText}.{status.data !== undefined && <> Traces are kept for {plural(status.data.retention.traces_days, 'day')}.</>}
        </>
      ) : (
        <>
          Searched: {rangeText}, all of it. One span has to meet all conditions; join them with <code>or</code>, or take a longer range, to find more.
        </>
      )}
    </Empty>
  )
}
