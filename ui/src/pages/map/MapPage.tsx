export function MapPage() {
  return <h1>Service map</h1>
}
