import { useState, type SyntheticEvent } from 'react'
import { useLogin } from '../api/hooks'
import { Button } from '../widgets/Button'
import { Input } from '../widgets/Input'
import { Logo } from './Logo'
import css from './Login.module.css'

/** Shown in place of every page while the instance asks for a login. */
export function Login({ onDone }: { onDone: () => void }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const login = useLogin(onDone)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    login.mutate({ user, password })
  }
  return (
    <main className={css.page}>
      <form className={css.form} onSubmit={submit}>
        <Logo size={32} />
        <h1>Sign in to Sightline</h1>
        <Input label="User" placeholder="User" autoComplete="username" autoFocus value={user} onChange={(e) => setUser(e.target.value)} />
        <Input label="Password" placeholder="Password" type="password" autoComplete="current-password" value={password} invalid={login.isError} onChange={(e) => setPassword(e.target.value)} />
        <Button type="submit" look="primary" disabled={user === '' || password === '' || login.isPending}>
          Sign in
        </Button>
        {login.error && (
          <p role="alert" className={css.error}>
            {login.error.message}
          </p>
        )}
      </form>
    </main>
  )
}
