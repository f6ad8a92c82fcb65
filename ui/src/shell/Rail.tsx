import { Link } from '@tanstack/react-router'
import { Activity, Bell, Bug, CircleHelp, HeartPulse, Network, PanelLeftClose, PanelLeftOpen, Rocket, Settings, Waypoints } from 'lucide-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import type { Alerts } from '../api/alerts'
import type { Status } from '../api/types'
import { type Alarm, alarmOf, alertsInView } from '../pure/alerts'
import { healthOf } from '../pure/health'
import type { SharedSearch } from '../url'
import { AlertBadge } from '../widgets/AlertBadge'
import { Tooltip } from '../widgets/Tooltip'
import { Appearance } from './Appearance'
import { Logo } from './Logo'
import css from './Rail.module.css'

const KEY = 'sightline.rail'

function storedSmall(): boolean {
  try {
    return localStorage.getItem(KEY) === 'small'
  } catch {
    return false
  }
}

const countsText = (a: Alarm) => [a.firing > 0 ? `${a.firing} firing` : '', a.pending > 0 ? `${a.pending} pending` : ''].filter((t) => t !== '').join(', ')

type To = '/map' | '/traces' | '/services' | '/exceptions' | '/alerts' | '/start' | '/status' | '/settings'

type Props = { route: string; shared: SharedSearch; status: Status | undefined; alerts: Alerts | undefined; onHelp: () => void }

/** Narrow screens have no room for it. */
const LONG = 'Service '

/** The left rail; at the bottom of narrow screens. */
export function Rail({ route, shared, status, alerts, onHelp }: Props) {
  const [small, setSmall] = useState(storedSmall)
  const toggle = () => {
    setSmall(!small)
    try {
      localStorage.setItem(KEY, small ? 'wide' : 'small')
    } catch {
      // The choice then lasts as long as the page.
    }
  }
  const health = healthOf(status)
  const item = (to: To, label: string, icon: ReactNode, active: boolean, dot?: 'warn' | 'bad', alarm: Alarm | null = null) => (
    <li>
      <Tooltip content={alarm === null ? label : `${label}: ${alarm.words}`} side="right">
        <Link to={to} search={shared} className={css.item} data-active={active || undefined} aria-label={alarm === null ? label : `${label}, ${countsText(alarm)}`} aria-current={active ? 'page' : undefined}>
          <span className={css.icon}>
            {icon}
            {dot !== undefined && <span className={css.dot} data-tone={dot} />}
          </span>
          <span className={css.label}>
            {label.startsWith(LONG) && <span className={css.before}>{LONG}</span>}
            {label.startsWith(LONG) ? label.slice(LONG.length) : label}
          </span>
          {alarm !== null && <AlertBadge alarm={alarm} spoken={false} className={css.alarm} />}
        </Link>
      </Tooltip>
    </li>
  )
  return (
    <nav className={css.rail} data-small={small || undefined} aria-label="Main">
      <Link to="/map" search={shared} className={css.brand} aria-label="Sightline">
        <Logo />
        <span className={css.name}>Sightline</span>
      </Link>
      <ul className={css.list}>
        {item('/map', 'Service map', <Network size={17} />, route === '/map')}
        {item('/traces', 'Traces', <Activity size={17} />, route === '/traces' || route.startsWith('/trace/') || route.startsWith('/compare/'))}
        {item('/services', 'Services', <Waypoints size={17} />, route.startsWith('/services'))}
        {item('/exceptions', 'Exceptions', <Bug size={17} />, route === '/exceptions')}
        {item('/alerts', 'Alerts', <Bell size={17} />, route === '/alerts', undefined, alarmOf(alertsInView(alerts?.alerts ?? [], false), false))}
      </ul>
      <ul className={css.list}>
        {status?.has_data === false && item('/start', 'Get started', <Rocket size={17} />, route === '/start')}
        {item('/status', 'Status', <HeartPulse size={17} />, route === '/status', health === 'ok' ? undefined : health)}
        {item('/settings', 'Settings', <Settings size={17} />, route === '/settings')}
      </ul>
      <div className={css.tools}>
        <Appearance />
        <Tooltip content="Keyboard shortcuts" keys="?" side="right">
          <button type="button" className={css.tool} onClick={onHelp} aria-label="Keyboard shortcuts">
            <CircleHelp size={16} />
          </button>
        </Tooltip>
        <Tooltip content={small ? 'Widen the menu' : 'Narrow the menu'} side="right">
          <button type="button" className={css.tool} onClick={toggle} aria-label={small ? 'Widen the menu' : 'Narrow the menu'} data-collapse>
            {small ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
          </button>
        </Tooltip>
      </div>
    </nav>
  )
}
