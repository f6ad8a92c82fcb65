import { CircleAlert, CircleCheck, Gauge } from 'lucide-react'
import { formatPercent } from '../pure/format'
import type { Trouble } from '../pure/mapHealth'
import css from './Troubles.module.css'

const SHOWN = 3

/** What is wrong, in one line: where faults and throttles begin and who feels them. `when`: at that moment alone. */
export function Troubles({ troubles, when, onShow }: { troubles: readonly Trouble[]; when?: string; onShow: (id: string) => void }) {
  if (troubles.length === 0) {
    return (
      <p className={css.calm} role="status">
        <CircleCheck size={14} aria-hidden="true" /> No faults{when !== undefined && ` at ${when}`}
      </p>
    )
  }
  const rest = troubles.length - SHOWN
  return (
    <ul className={css.list} aria-label="Where faults and throttles begin">
      {troubles.slice(0, SHOWN).map((t) => (
        <li key={t.id}>
          <button type="button" className={css.trouble} data-what={t.what} onClick={() => onShow(t.id)}>
            {t.what === 'fault' ? <CircleAlert size={15} aria-hidden="true" /> : <Gauge size={15} aria-hidden="true" />}
            <span className={css.text}>
              <strong>{t.label}</strong> {formatPercent(t.share)} {t.what === 'fault' ? 'faults' : 'throttled'}
              {t.felt.length > 0 && <span className={css.felt}> · felt by {feltBy(t.felt)}</span>}
            </span>
          </button>
        </li>
      ))}
      {rest > 0 && <li className={css.more}>{rest} more</li>}
    </ul>
  )
}

function feltBy(felt: readonly string[]): string {
  return felt.length <= 2 ? felt.join(', ') : `${felt.slice(0, 2).join(', ')} and ${felt.length - 2} more`
}
