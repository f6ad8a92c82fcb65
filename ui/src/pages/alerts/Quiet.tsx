import { Bell, CircleCheck } from 'lucide-react'
import { formatAgo, plural } from '../../pure/format'
import { epochMsOfRFC3339 } from '../../pure/units'
import { Button } from '../../widgets/Button'
import { Code } from '../../widgets/Code'
import { Empty } from '../../widgets/States'
import { Problems } from './Problems'
import css from './AlertsPage.module.css'

const CONFIG = `alerting:
  rules: [rules/*.yml]`

const EXAMPLE = `groups:
  - name: shop
    interval: 15s
    rules:
      - alert: TooManyFaults
        expr: |
          sum by (service, env) (rate(traces_spanmetrics_calls_total{class="fault", span_kind="SPAN_KIND_SERVER"}[5m]))
            / sum by (service, env) (rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[5m])) > 0.02
        for: 2m
        labels:
          severity: critical
        annotations:
          summary: '{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests'`

/** How to begin, where no rule file is named. */
export function NoRules({ problems }: { problems: readonly string[] }) {
  return (
    <div className={css.page}>
      <Problems problems={problems} groups={[]} />
      <Empty page icon={<Bell size={22} />} title="No alerting rules yet">
        <p>Rules are files in Prometheus’s own form. What fires shows here, on the map’s nodes and on the services’ pages.</p>
      </Empty>
      <ol className={css.steps}>
        <li>
          <h2>Write a rule</h2>
          <p>
            Its query asks the series of your spans or of your metrics. The label <code>service</code> says what it is about.
          </p>
          <Code text={EXAMPLE} />
        </li>
        <li>
          <h2>Name its file in the configuration</h2>
          <Code text={CONFIG} />
        </li>
        <li>
          <h2>Check it</h2>
          <Code text="sightline check rules rules/*.yml" />
          <p>
            More is in <code>docs/alerting.md</code>; a file to start from is <code>deploy/alerting/rules.yml</code>.
          </p>
        </li>
      </ol>
    </div>
  )
}

export function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty title="No alert matches" actions={<Button onClick={onClear}>Show all</Button>}>
      There are others.
    </Empty>
  )
}

/** Rules are watched and nothing fires. `past`: in a time that is over. */
export function Calm({ rules, evaluated, now, past }: { rules: number; evaluated: string | null; now: number; past: string | null }) {
  if (rules === 0) {
    return (
      <Empty icon={<Bell size={22} />} title="The rule files have no alerting rule">
        A rule alerts if it has <code>alert:</code>, an expression and, if you like, <code>for:</code>.
      </Empty>
    )
  }
  return (
    <Empty icon={<CircleCheck size={22} />} title={past === null ? 'Nothing is firing' : 'Nothing fired'}>
      {past === null ? `${plural(rules, 'alerting rule')} ${rules === 1 ? 'is' : 'are'} watched` : `In this time: ${past}`}
      {past === null && evaluated !== null && `, last ${formatAgo(Math.min(now, epochMsOfRFC3339(evaluated)), now)}`}.
    </Empty>
  )
}
