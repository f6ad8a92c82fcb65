export function StartPage() {
  return <h1>Get started</h1>
}
