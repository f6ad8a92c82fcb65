// What an id of the map says for itself, where the map no longer has what it is of.

/** `service/demo/checkout` is checkout, `a>b` and `a>>b` are a connection between two. */
export function nameOfId(id: string): string {
  const [source, target] = id.split(/>+/)
  return target === undefined ? nodeName(source) : `${nodeName(source)} to ${nodeName(target)}`
}

function nodeName(id: string): string {
  const name = id.split('/')[2] ?? ''
  try {
    return name === '' ? id : decodeURIComponent(name)
  } catch {
    return name
  }
}
