import { Moon, Sun } from 'lucide-react'
import { currentContrast, currentTheme, setContrast, setTheme, type Theme, useThemeVersion } from '../widgets/theme'
import { Popover } from '../widgets/Popover'
import { Segmented, Switch } from '../widgets/Segmented'
import css from './Appearance.module.css'
import rail from './Rail.module.css'

const OPTIONS: readonly { value: Theme; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** Theme and contrast; kept by the browser, because they belong to the reader and not to what is shown. */
export function AppearanceForm() {
  useThemeVersion()
  return (
    <div className={css.form}>
      <Segmented label="Theme" value={currentTheme()} options={OPTIONS} onChange={setTheme} />
      <Switch label="High contrast" checked={currentContrast() === 'more'} onChange={(on) => setContrast(on ? 'more' : 'normal')} />
    </div>
  )
}

export function Appearance() {
  useThemeVersion()
  const light = document.documentElement.dataset.theme === 'light'
  return (
    <Popover
      label="Appearance"
      side="top"
      align="start"
      trigger={
        <button type="button" className={rail.tool} aria-label="Appearance">
          {light ? <Sun size={16} /> : <Moon size={16} />}
        </button>
      }
    >
      <div className={css.panel}>
        <AppearanceForm />
      </div>
    </Popover>
  )
}
