import { useNavigate } from '@tanstack/react-router'
import { Activity, Bell, CircleHelp, CornerDownLeft, Cpu, HeartPulse, Network, Search, Server, SunMoon, Waypoints } from 'lucide-react'
import { useDeferredValue, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useServices } from '../api/hooks'
import { useFacets } from '../api/spans'
import { useScope, useShared } from '../nav'
import { type Entry, operationsWith, rank, step } from '../pure/palette'
import { parseTraceId } from '../pure/trace-id'
import { Dialog } from '../widgets/Dialog'
import { currentTheme, setTheme } from '../widgets/theme'
import css from './Palette.module.css'

type Props = { open: boolean; onOpenChange: (open: boolean) => void; onHelp: () => void }
type Command = { group: string; icon: ReactNode; run: () => void; hint?: string }

/** Cmd-K: pages, services, operations, and whatever looks like a trace id. */
export function Palette({ open, onOpenChange, onHelp }: Props) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Go to anything" bare initialFocus={input}>
      <Body input={input} close={() => onOpenChange(false)} onHelp={onHelp} />
    </Dialog>
  )
}

function Body({ input, close, onHelp }: { input: React.RefObject<HTMLInputElement | null>; close: () => void; onHelp: () => void }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const navigate = useNavigate()
  const search = useShared()
  const list = useId()
  const entries = useEntries(text, navigate, search, onHelp)
  const at = Math.min(chosen, Math.max(0, entries.length - 1))
  const run = (entry: Entry<Command> | undefined) => {
    if (entry === undefined) return
    close()
    entry.value.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setChosen(step(at, event.key === 'ArrowDown' ? 1 : -1, entries.length))
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      run(entries[at])
    }
  }
  return (
    <>
      <div className={css.head}>
        <Search size={17} />
        <input
          ref={input}
          className={css.input}
          placeholder="Service, operation, trace id or page"
          aria-label="Go to anything"
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={entries.length > 0 ? `${list}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(e) => {
            setText(e.target.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={list} role="listbox" aria-label="Results" className={css.list}>
        {entries.map((e, i) => (
          <div key={`${e.value.group}-${e.label}`} role="presentation">
            {(i === 0 || entries[i - 1].value.group !== e.value.group) && (
              <div role="presentation" className={css.group}>
                {e.value.group}
              </div>
            )}
            <div
              id={`${list}-${i}`}
              role="option"
              aria-selected={i === at}
              className={css.item}
              ref={i === at ? (node) => node?.scrollIntoView({ block: 'nearest' }) : undefined}
              onPointerMove={() => setChosen(i)}
              onClick={() => run(e)}
            >
              {e.value.icon}
              <span className={css.label}>{e.label}</span>
              {e.value.hint !== undefined && <span className={css.hint}>{e.value.hint}</span>}
              {i === at && <CornerDownLeft size={14} className={css.enter} />}
            </div>
          </div>
        ))}
        {entries.length === 0 && <p className={css.none}>Nothing is called that in this time range.</p>}
      </div>
    </>
  )
}

const GROUPS = ['Trace', 'Services', 'Operations', 'Pages', 'Search']

function useEntries(text: string, navigate: ReturnType<typeof useNavigate>, search: ReturnType<typeof useShared>, onHelp: () => void): Entry<Command>[] {
  const scope = useScope()
  const deferred = useDeferredValue(text.trim())
  const services = useServices({ ...scope, live: false })
  const asked = operationsWith(deferred)
  const operations = useFacets(asked, { ...scope, live: false }, ['name'], asked !== '')
  const id = parseTraceId(text)
  if (id !== null) {
    return [{ label: id, value: { group: 'Trace', icon: <Activity size={16} />, hint: 'Open trace', run: () => void navigate({ to: '/trace/$traceId', params: { traceId: id }, search }) } }]
  }
  const find = (q: string) => () => void navigate({ to: '/traces', search: { ...search, q } })
  const entries: Entry<Command>[] = []
  for (const s of services.data?.services ?? []) {
    entries.push({ label: s.name, words: s.namespace, value: { group: 'Services', icon: <Waypoints size={16} />, hint: s.namespace, run: () => void navigate({ to: '/services/$name', params: { name: s.name }, search }) } })
  }
  const pages: [string, string, ReactNode, () => void][] = [
    ['Service map', 'graph topology', <Network key="m" size={16} />, () => void navigate({ to: '/map', search })],
    ['Traces', 'search requests', <Activity key="t" size={16} />, () => void navigate({ to: '/traces', search })],
    ['Failed traces', 'errors faults', <Activity key="f" size={16} />, find('class = fault')],
    ['Services', 'list', <Waypoints key="s" size={16} />, () => void navigate({ to: '/services', search })],
    ['Alerts', 'rules firing pending runbook', <Bell key="al" size={16} />, () => void navigate({ to: '/alerts', search })],
    ['Status', 'ingest rejected refused lag journal engine disk storage dead letters', <HeartPulse key="st" size={16} />, () => void navigate({ to: '/status', search })],
    ['Settings', 'retention ingest keys endpoints appearance', <Server key="i" size={16} />, () => void navigate({ to: '/settings', search })],
    ['Get started', 'send data sdk onboarding collector', <Cpu key="g" size={16} />, () => void navigate({ to: '/start', search })],
    ['Switch theme', 'dark light appearance', <SunMoon key="d" size={16} />, () => setTheme(currentTheme() === 'dark' ? 'light' : 'dark')],
    ['Keyboard shortcuts', 'help hotkeys', <CircleHelp key="h" size={16} />, onHelp],
  ]
  for (const [label, words, icon, run] of pages) entries.push({ label, words, value: { group: 'Pages', icon, run } })
  if (asked !== '') {
    for (const { value, filter } of operations.data?.facets[0]?.values ?? []) {
      entries.push({ label: value, value: { group: 'Operations', icon: <Cpu size={16} />, hint: 'Traces', run: find(filter) } })
    }
  }
  const found = rank(entries, text, 24)
  found.sort((a, b) => GROUPS.indexOf(a.value.group) - GROUPS.indexOf(b.value.group))
  if (text.trim() !== '') found.push({ label: `Search traces for ${text.trim()}`, value: { group: 'Search', icon: <Search size={16} />, run: find(text.trim()) } })
  return found
}
