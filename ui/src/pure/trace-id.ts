/** Trace ids as people paste them: W3C (32 hex) and X-Ray (1-8hex-24hex). */
const W3C = /^[0-9a-f]{32}$/i
const XRAY = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/i
/** The header of AWS: Root=1-…-…;Parent=…;Sampled=1 */
const XRAY_HEADER = /(?:^|[;\s])Root=(1-[0-9a-f]{8}-[0-9a-f]{24})/i

/** The W3C spelling in lower case, or null where the text is no trace id. Quotes and spaces around it are ignored. */
export function parseTraceId(text: string): string | null {
  const t = text.trim().replace(/^["'`]|["'`]$/g, '')
  const id = hexOf(t)
  return id === null || /^0+$/.test(id) ? null : id
}

function hexOf(t: string): string | null {
  if (W3C.test(t)) return t.toLowerCase()
  const xray = XRAY.exec(XRAY_HEADER.exec(t)?.[1] ?? t)
  if (xray) return (xray[1] + xray[2]).toLowerCase()
  const parent = TRACEPARENT.exec(t)
  return parent ? parent[1].toLowerCase() : null
}

/** The same of a text that may be a link to a trace, of ours or of another page with the id in its path or query. */
export function findTraceId(text: string): string | null {
  const whole = parseTraceId(text)
  if (whole !== null || !text.includes('/')) return whole
  for (const part of text.trim().split(/[/?&#=]+/)) {
    const id = parseTraceId(part)
    if (id !== null) return id
  }
  return null
}

/** X-Ray's spelling of a W3C id. */
export function xrayId(id: string): string {
  return `1-${id.slice(0, 8)}-${id.slice(8)}`
}
