/**
 * Service colours: an index into the 14 pairs of tokens.css (--svc-0 … --svc-13). Neither red nor green is among them,
 * because those two mean fault and ok. The index is a hash of the name, so that a service keeps its colour on every
 * page; where two services of one view collide, the later one by name moves to the next free hue.
 */
export const HUES = 14

/** The hue that a service has when it is alone: FNV-1a, 32 bits. */
export function hueOf(service: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < service.length; i++) {
    hash ^= service.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return (hash >>> 0) % HUES
}

/** Hues for the services of one view. Independent of the order given; repeats only once all 14 are taken. */
export function assignHues(services: Iterable<string>): Map<string, number> {
  const names = [...new Set(services)].sort()
  const hues = new Map<string, number>()
  let used = 0
  for (const name of names) {
    let hue = hueOf(name)
    if (hues.size % HUES === 0) used = 0
    while ((used & (1 << hue)) !== 0) hue = (hue + 1) % HUES
    used |= 1 << hue
    hues.set(name, hue)
  }
  return hues
}

/** The CSS colour of a hue, for style attributes; canvases use widgets/theme.ts. */
export function hueVar(hue: number): string {
  return `var(--svc-${hue})`
}
