import { describe, expect, it } from 'vitest'
import { badgeOf, foldStack, nameOf, shortType } from './exceptions'

describe('names', () => {
  it('are short types, else messages', () => {
    expect(['java.io.IOException', 'KeyError', 'Shop::Cart::Empty', 'App\\Errors\\Gone', '*errors.errorString', ''].map(shortType)).toEqual(['IOException', 'KeyError', 'Empty', 'Gone', '*errors.errorString', ''])
    expect(nameOf({ type: '', message: ' it broke\nbadly' })).toBe('it broke')
    expect(nameOf({ type: '', message: '' })).toBe('Exception without a type')
  })
})

describe('badges', () => {
  it('name the version only if an older one was there', () => {
    expect(badgeOf({ new: true, new_in_version: true, version: '1.2' })?.label).toBe('New in 1.2')
    expect(badgeOf({ new: true, new_in_version: false, version: '1.2' })?.label).toBe('New')
    expect(badgeOf({ new: false, new_in_version: false, version: '1.2' })).toBeNull()
  })
})

describe('stacks', () => {
  it('fold runs of library frames', () => {
    const java = ['com.acme.E: x', '\tat com.acme.A.a(A.java:1)', '\tat java.base/java.util.B.b(B.java:1)', '\tat org.springframework.C.c(C.java:1)', '\tat org.apache.D.d(D.java:1)', '\tat com.acme.E.e(E.java:1)']
    expect(foldStack(java.join('\n')).map((p) => [p.own, p.lines.length])).toEqual([[true, 2], [false, 3], [true, 1]])
    expect(foldStack(java.slice(0, 4).join('\n'))).toHaveLength(1)
  })
  it('keep two lines of a frame together and lose none', () => {
    const go = ['goroutine 1 [running]:', 'main.a()', '\t/src/main.go:1', 'net/http.f()', '\t/usr/local/go/src/net/http/server.go:1', 'net/http.g()', '\t/usr/local/go/src/net/http/server.go:2']
    const parts = foldStack(go.join('\n') + '\n')
    expect(parts.map((p) => [p.own, p.lines.length])).toEqual([[true, 3], [false, 4]])
    expect(parts.flatMap((p) => p.lines)).toEqual(go)
  })
})
