/** Three spans, each inside the one above: the mark. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent-fill)" />
      <g fill="var(--on-accent)">
        <rect x="6" y="8" width="20" height="4" rx="2" />
        <rect x="10" y="14" width="11" height="4" rx="2" opacity=".75" />
        <rect x="16" y="20" width="7" height="4" rx="2" opacity=".55" />
      </g>
    </svg>
  )
}
