import { ArrowDown, ArrowUp, Columns3, X } from 'lucide-react'
import { addColumn, MOST_COLUMNS, moveColumn, removeColumn } from '../../pure/spanColumns'
import type { Range } from '../../pure/time'
import { Button, IconButton } from '../../widgets/Button'
import { Popover } from '../../widgets/Popover'
import { KeyPicker } from './KeyPicker'
import css from './Columns.module.css'

type Props = { columns: readonly string[]; range: Range; onColumns: (columns: string[]) => void }

/** Chooses the columns of the span list, and their order. */
export function Columns({ columns, range, onColumns }: Props) {
  return (
    <Popover
      label="Columns"
      trigger={
        <Button look="quiet" size="sm" aria-label="Columns">
          <Columns3 size={14} aria-hidden="true" />
          <span className={css.label}>Columns</span>
        </Button>
      }
    >
      <div className={css.panel}>
        {columns.length > 0 && (
          <ol className={css.chosen}>
            {columns.map((c, i) => (
              <li key={c} className={css.column}>
                <code>{c}</code>
                <IconButton size="sm" label={`Move ${c} to the left`} disabled={i === 0} onClick={() => onColumns(moveColumn(columns, c, -1))}>
                  <ArrowUp size={13} />
                </IconButton>
                <IconButton size="sm" label={`Move ${c} to the right`} disabled={i === columns.length - 1} onClick={() => onColumns(moveColumn(columns, c, 1))}>
                  <ArrowDown size={13} />
                </IconButton>
                <IconButton size="sm" label={`Remove ${c}`} onClick={() => onColumns(removeColumn(columns, c))}>
                  <X size={13} />
                </IconButton>
              </li>
            ))}
          </ol>
        )}
        {columns.length < MOST_COLUMNS ? (
          <KeyPicker label="Attribute for a column" range={range} taken={columns} onPick={(key) => onColumns(addColumn(columns, key))} />
        ) : (
          <p className={css.full}>{MOST_COLUMNS} columns are the most.</p>
        )}
      </div>
    </Popover>
  )
}
