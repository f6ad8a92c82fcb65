import { Segmented, Switch } from './Segmented'
import { currentContrast, currentTheme, setContrast, setTheme, type Theme, useThemeVersion } from './theme'
import css from './AppearanceForm.module.css'

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
