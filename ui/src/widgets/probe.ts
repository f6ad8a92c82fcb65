/** What browser tests may ask the page: figures that were drawn on a canvas or placed by layout. It changes nothing. */
type Probes = Record<string, () => unknown>

declare global {
  interface Window {
    readonly sightlineProbe?: Readonly<Probes>
  }
}

const probes: Probes = {}

/** Offers a figure under a name while something is on the page; call what it returns when that goes. */
export function probe(name: string, read: () => unknown): () => void {
  probes[name] = read
  if (window.sightlineProbe === undefined) Object.defineProperty(window, 'sightlineProbe', { value: probes })
  return () => {
    if (probes[name] === read) delete probes[name]
  }
}
