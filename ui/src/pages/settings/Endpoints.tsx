import { Link } from '@tanstack/react-router'
import type { Status } from '../../api/types'
import { isLoopback, targetOf } from '../../pure/snippets'
import { Code } from '../../widgets/Code'
import { Fact, Section } from './Section'
import css from './SettingsPage.module.css'

/** Where it listens, and who can get there. */
export function Endpoints({ status: s }: { status: Status }) {
  const target = targetOf(s.endpoints, location.hostname, '', null)
  const reach = (address: string) => (address === '' ? 'off' : isLoopback(address) ? 'this machine only' : 'other machines, too')
  return (
    <div className={css.columns}>
      <Section
        title="For senders"
        note="OTLP. Both ports understand both protocols."
        facts={
          <>
            <Fact name="OTLP over HTTP" value={s.endpoints.otlp_http === '' ? 'not listening' : <Code inline text={target.http} />} />
            <Fact name="Reached by" value={reach(s.endpoints.otlp_http)} />
            <Fact name="OTLP over gRPC" value={s.endpoints.otlp_grpc === '' ? 'not listening' : <Code inline text={target.grpc} />} />
            <Fact name="Reached by" value={reach(s.endpoints.otlp_grpc)} />
          </>
        }
      >
        <p className={css.more}>
          <Link to="/start">How to send here, step by step</Link>
        </p>
      </Section>
      <Section
        title="For readers"
        note="This page, its API, and Prometheus's metrics of Sightline itself."
        facts={
          <>
            <Fact name="Page and API" value={<Code inline text={s.endpoints.http} />} />
            <Fact name="Reached by" value={reach(s.endpoints.http)} />
            <Fact name="Login" value={s.auth.required ? 'asked for' : 'none'} />
            <Fact name="Metrics" value={<Code inline text={`${s.endpoints.http}/metrics`} />} />
          </>
        }
      >
        <p className={css.note}>
          Set by <code>listen</code>, <code>otlp.http</code> and <code>otlp.grpc</code> in the config file, or by <code>SIGHTLINE_LISTEN</code>, <code>SIGHTLINE_OTLP_HTTP</code> and{' '}
          <code>SIGHTLINE_OTLP_GRPC</code>.
        </p>
      </Section>
    </div>
  )
}
