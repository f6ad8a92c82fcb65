import { Dialog } from '../widgets/Dialog'
import { Keys } from '../widgets/Keys'
import { type Scope, useHotkeyScopes } from '../widgets/hotkeys'
import css from './HelpSheet.module.css'

/** The title of the shell's own keys, which stand last. */
const EVERYWHERE = 'Everywhere'

/** Parts of one page that register apart stand together; the page comes before what is everywhere. */
function merge(scopes: readonly Scope[]): Scope[] {
  const titles = [...new Set([...scopes].reverse().map((s) => s.title))].sort((a, b) => Number(a === EVERYWHERE) - Number(b === EVERYWHERE))
  return titles.map((title) => ({ title, hotkeys: scopes.filter((s) => s.title === title).flatMap((s) => s.hotkeys) }))
}

/** Every key of what is on the page at present, from the registry itself. */
export function HelpSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const scopes = useHotkeyScopes()
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" wide>
      <div className={css.sheet} tabIndex={0}>
        {merge(scopes).map((scope, i) => (
          <section key={i} className={css.scope}>
            <h3>{scope.title}</h3>
            <dl>
              {scope.hotkeys
                .filter((h) => h.label !== undefined)
                .map((h) => (
                  <div key={h.keys} className={css.line}>
                    <dt>{h.label}</dt>
                    <dd>
                      <Keys keys={h.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
