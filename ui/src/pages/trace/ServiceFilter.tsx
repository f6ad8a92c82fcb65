import { Layers } from 'lucide-react'
import { hueVar } from '../../pure/colour'
import { formatPercent, plural } from '../../pure/format'
import type { TraceModel } from '../../pure/trace'
import { Button } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import css from './TracePage.module.css'

type Props = { trace: TraceModel; hues: Uint8Array; hide: readonly string[]; onHide: (hide: string[] | undefined) => void }

/** The services of the trace with their colours and their share of the work; each can be taken out of the picture. */
export function ServiceFilter({ trace, hues, hide, onHide }: Props) {
  const all = trace.services.reduce((sum, s) => sum + s.self_ns, 0)
  const rows = trace.services.map((service, i) => ({ service, i })).sort((a, b) => b.service.self_ns - a.service.self_ns)
  const toggle = (name: string) => {
    const next = hide.includes(name) ? hide.filter((h) => h !== name) : [...hide, name]
    onHide(next.length > 0 ? next : undefined)
  }
  return (
    <Popover
      label="Services of the trace"
      trigger={
        <Button pressed={hide.length > 0 || undefined} aria-label={hide.length > 0 ? `${plural(hide.length, 'service')} hidden` : 'Services of the trace'}>
          <Layers size={14} aria-hidden="true" /> {hide.length > 0 ? `${hide.length} hidden` : trace.services.length}
        </Button>
      }
    >
      <div className={css.services}>
        {rows.map(({ service, i }) => (
          <label key={`${service.name}/${service.env}`} className={css.serviceRow}>
            <input type="checkbox" checked={!hide.includes(service.name)} onChange={() => toggle(service.name)} />
            <span className={css.stripe} style={{ background: hueVar(hues[i]) }} />
            <span>{service.name}</span>
            <em>{plural(service.spans, 'span')}</em>
            {all > 0 && <em>{formatPercent(service.self_ns / all)}</em>}
          </label>
        ))}
      </div>
    </Popover>
  )
}
