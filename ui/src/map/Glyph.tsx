import { GLYPH_PATHS } from '../pure/mapGlyphs'
import type { Glyph as Name } from '../pure/mapKind'

/** The picture of what a node is. Decorative: names and words say the same. */
export function Glyph({ name, size = 18 }: { name: Name; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.75} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={GLYPH_PATHS[name]} />
    </svg>
  )
}
