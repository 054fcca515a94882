import { describe, expect, it } from 'vitest'
import { addressesOf, isLocal } from './address.ts'
import { registrationOf } from './plugins.fixture.ts'

const local = [
  'http://127.0.0.1:3103',
  'http://127.8.9.10:1',
  'http://localhost:3103/api/',
  'http://[::1]:3103',
  'http://LOCALHOST',
  'http://2130706433',
  'http://0x7f.1',
  'http://0177.0.0.1',
  'http://127.0.0.1.',
  'http://127.0.0.1\\@example.com',
]
const elsewhere = [
  'http://10.0.0.1',
  'http://192.168.1.1',
  'http://169.254.169.254/latest',
  'http://0.0.0.0',
  'http://[::]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:a9fe:a9fe]',
  'http://[fe80::1]',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://example.com',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://localhost.',
  'http://127.0.0.1@example.com',
  'http://user:secret@127.0.0.1',
  'http://127.0.0.1#@example.com',
  'https://127.0.0.1',
  'ftp://127.0.0.1',
  'file:///etc/passwd',
  'http://127.0.0.1:99999',
  'http://',
  '127.0.0.1:3103',
]

describe('a plugin is on this machine', () => {
  it.each(local)('takes %s', (address) => {
    expect(addressesOf(registrationOf('test', address.replace(/\/$/, ''))).base.hostname).toMatch(
      /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/,
    )
  })

  it.each(elsewhere)('refuses %s, as base_url and as health_check_url', (address) => {
    const good = registrationOf('test', 'http://127.0.0.1:1')
    const asBase = { ...good, config: { ...good.config, base_url: address } }
    const asHealth = { ...good, health_check_url: address }
    for (const registration of [asBase, asHealth]) {
      expect(() => addressesOf(registration)).toThrow(expect.objectContaining({ code: 'not_allowed' }))
      expect(isLocal(registration)).toBe(false)
    }
  })

  it('refuses paths and queries that would make another request of it', () => {
    for (const path of ['/run x', '/run\r\nHost: y', '/rün']) {
      expect(() => addressesOf(registrationOf('test', 'http://127.0.0.1:1', { path }))).toThrow(
        'percent-encoded',
      )
    }
    expect(() => addressesOf(registrationOf('test', 'http://127.0.0.1:1/?a=b'))).toThrow('no query')
  })
})
