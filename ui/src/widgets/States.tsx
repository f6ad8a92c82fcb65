import { useEffect, useState, type ReactNode } from 'react'
import { CircleAlert } from 'lucide-react'
import { ApiError, headline, sentence } from '../pure/problem'
import { Button } from './Button'
import { CopyButton } from './CopyButton'
import css from './States.module.css'

/** True once `on` has lasted for 150 ms: answers that come at once show no skeleton. */
export function useDelayed(on: boolean, ms = 150): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!on) return
    const timer = setTimeout(() => setLate(true), ms)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [on, ms])
  return on && late
}

type SkeletonProps = { width?: number | string; height?: number | string; rows?: number; gap?: number }

/** Grey bars of the size of what will come; nothing for the first 150 ms, but the space is taken. */
export function Skeleton({ width = '100%', height = 14, rows = 1, gap = 14 }: SkeletonProps) {
  const show = useDelayed(true)
  return (
    <div className={css.skeletons} style={{ gap }} data-show={show || undefined} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} className={css.skeleton} style={{ width, height }} />
      ))}
    </div>
  )
}

type EmptyProps = {
  icon?: ReactNode
  title: string
  /** Whether this is the whole page, so that its title is the page's. */
  page?: boolean
  children?: ReactNode
  actions?: ReactNode
}

/** Why there is nothing to see, and what could be done. */
export function Empty({ icon, title, page = false, children, actions }: EmptyProps) {
  return (
    <div className={css.state}>
      {icon !== undefined && <span className={css.icon}>{icon}</span>}
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children !== undefined && <div className={css.text}>{children}</div>}
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  )
}

/** What went wrong, the next step, and the id under which the server's log has it. */
export function ErrorState({ error, retry, title, page = false, actions }: { error: Error; retry?: () => void; title?: string; page?: boolean; /** other ways on */ actions?: ReactNode }) {
  const api = error instanceof ApiError ? error : null
  return (
    <div className={css.state} role="alert">
      <span className={css.icon} data-tone="fault">
        <CircleAlert size={20} />
      </span>
      {page ? <h1>{title ?? headline(error)}</h1> : <h2>{title ?? headline(error)}</h2>}
      <div className={css.text}>
        <p>{sentence(error.message)}</p>
        {api !== null && api.hint !== '' && <p>{sentence(api.hint)}</p>}
      </div>
      {(retry !== undefined || actions !== undefined) && (
        <div className={css.actions}>
          {retry !== undefined && <Button onClick={retry}>Try again</Button>}
          {actions}
        </div>
      )}
      {api !== null && api.requestId !== '' && (
        <p className={css.request}>
          Request <code>{api.requestId}</code> <CopyButton text={api.requestId} label="Copy request id" />
        </p>
      )}
    </div>
  )
}

/** Dims what is shown while newer figures are on their way, but only once that takes a while. */
export function Stale({ stale, children, className }: { stale: boolean; children: ReactNode; className?: string }) {
  const dim = useDelayed(stale, 250)
  return (
    <div className={[css.fresh, className].filter(Boolean).join(' ')} data-stale={dim || undefined} aria-busy={stale || undefined}>
      {children}
    </div>
  )
}

/** A line above a result that is not whole, or that needs to be read with care. */
export function Notice({ tone = 'info', children, action }: { tone?: 'info' | 'warn'; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.notice} data-tone={tone} role="status">
      <span className={css.noticeText}>{children}</span>
      {action}
    </div>
  )
}
