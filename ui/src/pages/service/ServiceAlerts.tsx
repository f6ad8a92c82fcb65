import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useAlertsOf } from '../../api/alerts'
import type { Scope } from '../../api/hooks'
import type { Service } from '../../api/types'
import { useShared } from '../../nav'
import { alertsInView, alertsOfService, sortAlerts } from '../../pure/alerts'
import { AlertItems } from '../../widgets/AlertItems'
import { useNow } from '../../widgets/useNow'
import css from './ServiceAlerts.module.css'

/** What fires or waits at this service; of a time that is over, what fired in it. Nothing where all is quiet. */
export function ServiceAlerts({ service, scope }: { service: Service; scope: Scope }) {
  const shared = useShared()
  const { alerts, past } = useAlertsOf(scope.range, useNow(60_000), scope.live)
  const own = useMemo(() => sortAlerts(alertsOfService(alertsInView(alerts, past), service.name, service.type, scope.env, scope.namespace)), [alerts, past, service.name, service.type, scope.env, scope.namespace])
  if (own.length === 0) return null
  return (
    <section className={css.alerts} aria-labelledby="service-alerts">
      <h2 id="service-alerts">
        {past ? 'Alerts of this time' : 'Alerts'} <span>{own.length}</span>
        <Link to="/alerts" search={{ ...shared, service: service.name }}>
          All alerts of {service.name}
        </Link>
      </h2>
      <AlertItems alerts={own} shared={shared} most={3} />
    </section>
  )
}
