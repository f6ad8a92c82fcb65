import { useEffect, useSyncExternalStore } from 'react'
import css from './Toast.module.css'

type Toast = { id: number; text: string }

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

/** Says something small that needs no answer; at most three at a time. */
export function notify(text: string): void {
  if (toasts.some((t) => t.text === text)) return
  set([...toasts.slice(-2), { id: ++last, text }])
}

/** Where toasts appear: once a page, a polite live region. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {shown.map((t) => (
        <ToastLine key={t.id} toast={t} />
      ))}
    </div>
  )
}

function ToastLine({ toast }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => set(toasts.filter((t) => t.id !== toast.id)), 4000)
    return () => clearTimeout(timer)
  }, [toast.id])
  return <p className={css.toast}>{toast.text}</p>
}
