import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { Empty, ErrorState } from '../widgets/States'

export function NotFound() {
  return (
    <Empty page icon={<Compass size={20} />} title="There is no page here" actions={<Link to="/map">Service map</Link>}>
      <p>The address may be mistyped, or the page has moved.</p>
    </Empty>
  )
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState page error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
}
