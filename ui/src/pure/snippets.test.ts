import { describe, expect, it } from 'vitest'
import { SENDERS } from './senders'
import { environment, isLoopback, KEY_HEADER, SENDER_GROUPS, serviceName, targetOf, wayOf } from './snippets'

const local = { http: 'http://127.0.0.1:7070', otlp_http: '127.0.0.1:4318', otlp_grpc: '127.0.0.1:4317' }

describe('targetOf', () => {
  it('takes addresses as they listen, and the page\'s host for "every address"', () => {
    expect(targetOf(local, 'box.example', 'a', null).http).toBe('http://127.0.0.1:4318')
    for (const every of ['0.0.0.0:4318', ':4318', '[::]:4318']) expect(targetOf({ ...local, otlp_http: every }, 'box.example', 'a', null).http, every).toBe('http://box.example:4318')
    expect(targetOf({ ...local, otlp_http: ':4318' }, 'fe80::1', 'a', null).http).toBe('http://[fe80::1]:4318')
    expect(targetOf({ ...local, otlp_http: '' }, 'box', 'a', null).http).toBe('http://127.0.0.1:4318')
  })
  it('speaks TLS where the page does, because all listeners share a certificate', () => {
    expect(targetOf({ ...local, http: 'https://box:7070', otlp_http: 'box:4318' }, 'box', 'a', null)).toMatchObject({ http: 'https://box:4318', grpc: 'https://127.0.0.1:4317' })
  })
})

describe('wayOf', () => {
  const target = targetOf(local, 'localhost', 'shop-front', 'sl_ab_cd')
  it('every way is in the picker once', () => {
    expect(SENDER_GROUPS.flatMap((g) => g.senders.map((s) => s.value)).sort()).toEqual([...SENDERS].sort())
  })
  it.each(SENDERS)('%s says where to, as whom and with which key', (sender) => {
    const text = wayOf(sender, target).steps.map((s) => s.code).join('\n')
    expect(text).toContain('http://127.0.0.1:4318')
    expect(text).toMatch(new RegExp(`${KEY_HEADER}(=|: |': ')'?sl_ab_cd`))
    // Collectors pass on what services call themselves.
    if (!['collector', 'xray'].includes(sender)) expect(text).toContain('shop-front')
  })
  it.each(SENDERS)('%s asks for no key where none is needed', (sender) => {
    expect(wayOf(sender, { ...target, key: null }).steps.map((s) => s.code).join('\n')).not.toMatch(/ingest.key/i)
  })
  it('is honest about X-Ray', () => {
    expect(wayOf('xray', target).note).toContain('next release')
  })
})

it('headers in the environment need no encoding', () => {
  const header = /OTLP_HEADERS="(.*)"/.exec(environment(targetOf(local, 'x', 'a', 'sl_1_2')))?.[1] ?? ''
  expect(header).toBe(`${KEY_HEADER}=sl_1_2`)
  expect(encodeURI(header)).toBe(header)
})

it('knows which addresses only this machine reaches', () => {
  for (const a of ['127.0.0.1:4318', 'localhost:4318', '[::1]:4318', 'http://127.0.0.1:7070']) expect(isLoopback(a), a).toBe(true)
  for (const a of ['0.0.0.0:4318', ':4318', '[::]:4318', 'box:4318', '10.0.0.1:4318']) expect(isLoopback(a), a).toBe(false)
})

it('names of services need no quotes', () => {
  expect(serviceName('shop.front_1-a')).toBe('shop.front_1-a')
  expect(serviceName(`o'neil "$(rm)"`)).toBe('o-neil-rm-')
  expect(serviceName('  ')).toBe('my-service')
})
