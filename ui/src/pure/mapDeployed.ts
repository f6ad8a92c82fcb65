// Deployments on the map: which of the drawn nodes got a version in the time in view.
import type { MapNode, ServiceRow } from '../api/types'
import { formatClock, plural } from './format'
import type { SceneNode } from './mapScene'

const keyOf = (of: { env: string; name: string; type: string }) => [of.env, of.name, of.type].join('\0')

/** Words by the id of a drawn node: "v1.4.2 deployed 14:03", or how many of a group's. */
export function deploymentsOf(drawn: readonly SceneNode[], nodes: readonly MapNode[], services: readonly Pick<ServiceRow, 'env' | 'name' | 'type' | 'deployed'>[]): Map<string, string> {
  const out = new Map<string, string>()
  const came = new Map(services.flatMap((s) => (s.deployed === null ? [] : [[keyOf(s), s.deployed] as const])))
  if (came.size === 0) return out
  const by = new Map(nodes.filter((n) => n.kind === 'service').map((n) => [n.id, n]))
  for (const n of drawn) {
    const found = n.members.flatMap((id) => {
      const node = by.get(id)
      return (node && came.get(keyOf(node))) ?? []
    })
    if (found.length === 1) out.set(n.id, `${versionText(found[0].version)} deployed ${formatClock(Date.parse(found[0].at), false)}`)
    if (found.length > 1) out.set(n.id, plural(found.length, 'deployment'))
  }
  return out
}

function versionText(version: string): string {
  return version === '' ? 'a version without a name' : /^v?\d/.test(version) ? `v${version.replace(/^v/, '')}` : version
}
