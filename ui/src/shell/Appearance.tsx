import { Moon, Sun } from 'lucide-react'
import { AppearanceForm } from '../widgets/AppearanceForm'
import { Popover } from '../widgets/Popover'
import { useThemeVersion } from '../widgets/theme'
import css from './Rail.module.css'

export function Appearance() {
  useThemeVersion()
  const light = document.documentElement.dataset.theme === 'light'
  return (
    <Popover
      label="Appearance"
      side="top"
      align="start"
      trigger={
        <button type="button" className={css.tool} aria-label="Appearance">
          {light ? <Sun size={16} /> : <Moon size={16} />}
        </button>
      }
    >
      <div className={css.appearance}>
        <AppearanceForm />
      </div>
    </Popover>
  )
}
