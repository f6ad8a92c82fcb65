import { describe, expect, it } from 'vitest'
import type { Key } from '../api/keys'
import { consequences, inUse, lastUsed, nameProblem } from './keys'

const now = Date.parse('2026-11-22T12:00:00Z')
const key = (id: string, more: Partial<Key> = {}): Key => ({ id, name: id, scope: 'ingest', project: 'default', created: '2026-11-01T00:00:00Z', last_used: null, ...more })
const local = ['127.0.0.1:4317', '']

it('names are checked as the server does', () => {
  for (const good of ['payments team', 'ä', 'x'.repeat(64)]) expect(nameProblem(good), good).toBeNull()
  for (const bad of ['', '  ', 'x'.repeat(65), 'a\u0007b']) expect(nameProblem(bad), bad).not.toBeNull()
})

describe('consequences', () => {
  it('say that a key is in use', () => {
    const used = key('a', { last_used: '2026-11-22T11:59:48Z' })
    expect(inUse(used, now)).toBe(true)
    expect(lastUsed(used, now)).toContain('ago')
    expect(consequences(used, [used, key('b')], local, now).join(' ')).toContain('in use')
    expect(consequences(key('a'), [key('a'), key('b')], local, now)).toHaveLength(2)
  })
  it('say what the last ingest key opens or closes', () => {
    const all = [key('a'), key('r', { scope: 'read' })]
    expect(consequences(all[0], all, local, now).at(-1)).toContain('may send without one')
    expect(consequences(all[0], all, ['0.0.0.0:4317'], now).at(-1)).toContain('nobody can send')
    expect(consequences(all[1], all, local, now).join(' ')).not.toContain('last ingest key')
  })
})
