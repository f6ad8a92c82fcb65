import { useId, useState } from 'react'
import type { Retention, RetentionSignal } from '../../api/retention'
import { useStorage } from '../../api/storage'
import { configuredDays, daysProblem, type Draft, retentionName, RETENTION_SIGNALS, SERVICE_SIGNALS, sourceText } from '../../pure/retention'
import { Button } from '../../widgets/Button'
import { Input } from '../../widgets/Input'
import css from './Retention.module.css'

type Props = { kept: Retention; draft: Draft; onChange: (draft: Draft) => void }

/** Days by signal, and for services that are kept otherwise. An empty field is as configured, which stands in it. */
export function RetentionFields({ kept, draft, onChange }: Props) {
  return (
    <>
      <section>
        <h2>By signal</h2>
        <ul className={css.signals}>
          {RETENTION_SIGNALS.map((signal) => (
            <SignalRow key={signal} kept={kept} draft={draft} onChange={onChange} signal={signal} />
          ))}
        </ul>
      </section>
      <section>
        <h2>By service</h2>
        <p className={css.note}>For what single services send. An empty field follows the configuration, or else what holds for everything; 0 follows what holds for everything.</p>
        <Services kept={kept} draft={draft} onChange={onChange} />
      </section>
    </>
  )
}

function SignalRow({ kept, draft, onChange, signal }: Props & { signal: RetentionSignal }) {
  const value = kept.signals.find((v) => v.signal === signal)
  if (value === undefined) return null
  const text = draft.signals[signal] ?? ''
  const change = (days: string) => onChange({ ...draft, signals: { ...draft.signals, [signal]: days } })
  return (
    <li className={css.signal}>
      <span className={css.name}>{retentionName(signal)}</span>
      <span className={css.days}>
        <Days label={`Days that ${retentionName(signal).toLowerCase()} are kept`} text={text} configured={String(value.without)} least={1} onChange={change} /> days
      </span>
      <span className={css.source}>{sourceText(value, text)}</span>
      <span className={css.end}>
        {text !== '' && (
          <Button size="sm" look="quiet" onClick={() => change('')} aria-label={`Reset ${retentionName(signal).toLowerCase()}`}>
            Reset
          </Button>
        )}
      </span>
    </li>
  )
}

type DaysProps = { label: string; text: string; configured: string; least: number; onChange: (text: string) => void }

function Days({ label, text, configured, least, onChange }: DaysProps) {
  return <Input label={label} inputMode="numeric" placeholder={configured} value={text} invalid={daysProblem(text, least) !== null} onChange={(e) => onChange(e.target.value)} className={css.field} />
}

function Services({ kept, draft, onChange }: Props) {
  const change = (service: string, days: Record<string, string>) => onChange({ ...draft, services: draft.services.map((s) => (s.service === service ? { service, days } : s)) })
  return (
    <>
      {draft.services.length > 0 && (
        <table className={css.services}>
          <thead>
            <tr>
              <th scope="col">Service</th>
              {SERVICE_SIGNALS.map((s) => (
                <th key={s} scope="col">
                  {retentionName(s)}
                </th>
              ))}
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {draft.services.map(({ service, days }) => {
              const configured = SERVICE_SIGNALS.some((s) => configuredDays(kept, service, s) > 0)
              const typed = Object.values(days).some((t) => t !== '')
              return (
                <tr key={service}>
                  <th scope="row">{service}</th>
                  {SERVICE_SIGNALS.map((s) => {
                    const own = configuredDays(kept, service, s)
                    return (
                      <td key={s}>
                        <Days
                          label={`Days that ${s} of ${service} are kept`}
                          text={days[s] ?? ''}
                          configured={own > 0 ? String(own) : '–'}
                          least={0}
                          onChange={(t) => change(service, { ...days, [s]: t })}
                        />
                      </td>
                    )
                  })}
                  <td>
                    {configured
                      ? typed && (
                          <Button size="sm" look="quiet" onClick={() => change(service, {})} aria-label={`Reset ${service}`}>
                            Reset
                          </Button>
                        )
                      : (
                          <Button size="sm" look="quiet" onClick={() => onChange({ ...draft, services: draft.services.filter((s) => s.service !== service) })} aria-label={`Remove ${service}`}>
                            Remove
                          </Button>
                        )}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      <AddService taken={draft.services.map((s) => s.service)} onAdd={(service) => onChange({ ...draft, services: [...draft.services, { service, days: {} }] })} />
    </>
  )
}

function AddService({ taken, onAdd }: { taken: readonly string[]; onAdd: (service: string) => void }) {
  const [name, setName] = useState('')
  const storage = useStorage()
  const list = useId()
  const known = (storage.data?.services ?? []).map((s) => s.service).filter((s) => s !== '' && !taken.includes(s))
  const add = () => {
    const service = name.trim()
    if (service === '' || taken.includes(service)) return
    onAdd(service)
    setName('')
  }
  return (
    <div className={css.add}>
      <Input
        label="Service to keep otherwise"
        placeholder="Service"
        list={list}
        value={name}
        onChange={(e) => setName(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Enter') return
          e.preventDefault() // not the whole form
          add()
        }}
        className={css.addField}
      />
      <datalist id={list}>
        {known.map((s) => (
          <option key={s} value={s} />
        ))}
      </datalist>
      <Button onClick={add} disabled={name.trim() === '' || taken.includes(name.trim())}>
        Add
      </Button>
    </div>
  )
}
