import { Dialog } from '../widgets/Dialog'
import { Keys } from '../widgets/Keys'
import { useHotkeyScopes } from '../widgets/hotkeys'
import css from './HelpSheet.module.css'

/** Every key of what is on the page at present, from the registry itself. */
export function HelpSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const scopes = useHotkeyScopes()
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" wide>
      <div className={css.sheet} tabIndex={0}>
        {[...scopes].reverse().map((scope, i) => (
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
