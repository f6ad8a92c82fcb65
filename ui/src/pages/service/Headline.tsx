import { Link } from '@tanstack/react-router'
import { CircleCheck, Rocket, TriangleAlert } from 'lucide-react'
import type { Service } from '../../api/types'
import { useShared } from '../../nav'
import { headlineOf } from '../../pure/deploys'
import { formatAgo, formatClock, plural } from '../../pure/format'
import { quoteValue } from '../../pure/query'
import { epochMsOfRFC3339 } from '../../pure/units'
import { useNow } from '../../widgets/useNow'
import css from './Headline.module.css'

/** The deployment that matters most, in a sentence: what runs, whether it made things worse, and how. */
export function Headline({ service }: { service: Service }) {
  const shared = useShared()
  const now = useNow(10_000)
  const headline = headlineOf(service.deployments)
  if (headline === null) return null
  const { latest, verdict, running, bad } = headline
  const at = epochMsOfRFC3339(latest.at)
  const worse = verdict.tone === 'worse'
  const Icon = worse ? TriangleAlert : verdict.tone === 'better' ? CircleCheck : Rocket
  const when = running ? `runs since ${formatClock(at, false).slice(0, 5)}, ${formatAgo(at, now)}` : `ran from ${formatClock(at, false).slice(0, 5)} to ${formatClock(epochMsOfRFC3339(latest.until ?? latest.at), false).slice(0, 5)}`
  const effect = { worse: running ? 'and makes things worse' : 'and made things worse', better: 'and is better than what it replaced', same: 'and changed nothing that is felt', unsure: 'and has not been asked often enough to judge' }[verdict.tone]
  return (
    <div className={css.headline} data-tone={verdict.tone} data-running={running || undefined} role="status">
      <Icon size={18} aria-hidden="true" />
      <p>
        <b>
          {latest.version} {when}, {effect}
        </b>
        <span>
          {verdict.changes.length > 0 ? `${verdict.changes.join(', ')}. ` : ''}
          {latest.previous !== '' && `Before it: ${latest.previous}. `}
          {bad > 1 && `${plural(bad, 'deployment')} of this range made things worse.`}
        </span>
      </p>
      {worse && (
        <Link to="/traces" search={{ ...shared, q: `service = ${quoteValue(service.name)} and version = ${quoteValue(latest.version)} and class != ok` }}>
          Its failed traces
        </Link>
      )}
    </div>
  )
}
