import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound } from '../outbound.ts'
import { createAddresses } from './address.ts'
import { OWNER_KEY, registrationOf, requestOf, startCore, type TestCore } from './plugins.fixture.ts'
import { until } from '../testing/until.ts'

/** Counts whoever reaches it, on every address of this machine. */
interface Canary {
  readonly port: number
  readonly server: Server
  reached: number
}

async function listen(host: string): Promise<Canary> {
  const server = createServer((_, response) => void response.end('{}'))
  const canary = { port: 0, server, reached: 0 }
  server.on('connection', () => canary.reached++)
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  return Object.assign(canary, { port: typeof address === 'object' ? address?.port : 0 })
}

let core: TestCore
let canary: Canary
beforeAll(async () => {
  core = await startCore()
  canary = await listen('0.0.0.0')
})
afterAll(async () => {
  canary.server.closeAllConnections()
  canary.server.close()
  await core.close()
})

/** The address of this machine in its network, where the canary sits as well. */
const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const [a = 10, b = 0, c = 0, d = 1] = own?.split('.').map(Number) ?? []
const number = ((a * 256 + b) * 256 + c) * 256 + d
const hex = (value: number): string => value.toString(16).padStart(2, '0')
const wide = (text: string): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))

const here = [
  '127.0.0.1',
  '127.8.9.10',
  'localhost',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  'LOCALHOST',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  wide('127.0.0.1'),
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
]

/** This machine by its address in the network, in every way that some program understands. */
const ownAddress = [
  `${a}.${b}.${c}.${d}`,
  `${number}`,
  `0x${number.toString(16)}`,
  `0${number.toString(8)}`,
  `0x${hex(a)}.0x${hex(b)}.0x${hex(c)}.0x${hex(d)}`,
  `0${a.toString(8)}.0${b.toString(8)}.0${c.toString(8)}.0${d.toString(8)}`,
  `${a}.${b}.${c * 256 + d}`,
  `${a}.${(b * 256 + c) * 256 + d}`,
  `0x${hex(a)}.${b}.${c}.${d}`,
  `${a}.0${b.toString(8)}.0x${hex(c)}.${d}`,
  `${a}.${b}.${c}.${d}.`,
  wide(`${a}.${b}.${c}.${d}`),
  `${a}。${b}。${c}。${d}`,
  `${a}%2e${b}%2e${c}%2e${d}`,
  `[::ffff:${a}.${b}.${c}.${d}]`,
  `[::ffff:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}]`,
  `[::${a}.${b}.${c}.${d}]`,
  `[64:ff9b::${a}.${b}.${c}.${d}]`,
  `[2002:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}::1]`,
  `127.0.0.1@${a}.${b}.${c}.${d}`,
  `127.0.0.1:80@${a}.${b}.${c}.${d}`,
  `localhost%00.${a}.${b}.${c}.${d}.nip.io`,
  `127.0.0.1.${a}.${b}.${c}.${d}.nip.io`,
]

/** Every interface, and what lies beyond this machine. */
const others = `
  0.0.0.0 0 0x0 00 0.0 0x00000000
  %30 0.0.0.0. [::] [0:0:0:0:0:0:0:0] [::0.0.0.0] [::ffff:0.0.0.0]
  [::ffff:0:0] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::127.0.0.1] [2002:7f00:1::1]
  [fe80::1] [fc00::1] [ff02::1] [100::1] 169.254.169.254 2852039166
  0xa9fea9fe 0251.0376.0251.0376 169.16689662 [::ffff:169.254.169.254] [fd00:ec2::254] metadata.google.internal
  100.100.100.200 10.0.0.1 172.16.0.1 192.168.1.1 224.0.0.1 255.255.255.255
  198.18.0.1 example.com localhost.example.com localhost. localhost.localdomain ip6-localhost
  loopback homeclaw.local user:secret@127.0.0.1 127.0.0.1#@example.com 128.0.0.1
`
const elsewhere = [...ownAddress, wide('0.0.0.0'), ...others.trim().split(/\s+/)].map(
  (host) => `http://${host}`,
)

const otherSchemes = ['https://127.0.0.1', 'ftp://127.0.0.1', 'file:///etc/passwd', 'ws://127.0.0.1']
const broken = ['http://', '127.0.0.1:3103', 'http://127.0.0.1:99999', '//127.0.0.1', 'http:\\\\10.0.0.1']

describe('a plugin is on this machine', () => {
  const addresses = createAddresses(createOutbound(() => []))

  it.each(here)('takes %s', (host) => {
    const { base, isHere } = addresses.of(registrationOf('test', `http://${host}:3103`))
    expect(base.hostname).toMatch(/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/)
    expect(isHere).toBe(true)
  })

  it('more than 60 writings of other places are tried', () => expect(elsewhere.length).toBeGreaterThan(60))

  it.each([...elsewhere, ...otherSchemes, ...broken])(
    'refuses %s, as base_url and as health_check_url',
    (address) => {
      const good = registrationOf('test', 'http://127.0.0.1:1')
      const asBase = { ...good, config: { ...good.config, base_url: address } }
      const asHealth = { ...good, health_check_url: address }
      for (const registration of [asBase, asHealth]) {
        expect(() => addresses.of(registration)).toThrow(expect.objectContaining({ code: 'not_allowed' }))
        expect(addresses.allows(registration)).toBe(false)
      }
    },
  )

  it('refuses paths and queries that would make another request of it', () => {
    for (const path of ['/run x', '/run\r\nHost: y', '/rün']) {
      expect(() => addresses.of(registrationOf('test', 'http://127.0.0.1:1', { path }))).toThrow(
        'percent-encoded',
      )
    }
    expect(() => addresses.of(registrationOf('test', 'http://127.0.0.1:1/?a=b'))).toThrow('no query')
  })
})

describe('what a plugin says never leads Core elsewhere', () => {
  it('registrations of all these addresses reach nothing', async () => {
    for (const address of elsewhere) {
      const url = address.replace(/(#|$)/, `:${canary.port}$1`)
      const body = {
        plugin_id: 'lure',
        name: 'Lure',
        health_check_url: `${url}/health`,
        type: 'http',
        config: { base_url: url },
      }
      const answer = await core.request('POST', '/api/plugins/register', OWNER_KEY, body)
      expect({ url, isRefused: [403, 422].includes(answer.status) }).toEqual({ url, isRefused: true })
    }
    expect(core.plugins.list()).toEqual([])
    expect(canary.reached).toBe(0)
  })

  it('redirects, of every kind and to every place, reach nothing', async () => {
    const places = [...here, ...elsewhere.map((address) => address.slice('http://'.length))]
    let asked = 0
    const lure = createServer((request, response) => {
      if (request.url === '/health') return void response.end()
      const location = encodeURI(`http://${places[asked++]}:${canary.port}/run`)
      response.writeHead([301, 302, 303, 307, 308, 300][asked % 6] ?? 302, { location })
      response.end(JSON.stringify({ success: true, text: 'moved' }))
    }).listen(0, '127.0.0.1')
    await once(lure, 'listening')
    const { port } = lure.address() as AddressInfo
    await core.register('lure', `http://127.0.0.1:${port}`)
    for (const place of places)
      await expect(core.plugins.call('lure', requestOf(place))).rejects.toThrow('HTTP status 30')
    expect(asked).toBe(places.length)
    expect(canary.reached).toBe(0)
    lure.close()
    await core.plugins.unregisterAll()
  })
})

describe('a host on the list of the owner', () => {
  it.skipIf(!own)('is reached as long as it stands there', async () => {
    const host = own ?? ''
    const beyond = await listen(host)
    const base = `http://${host}:${beyond.port}`
    await expect(core.register('beyond', base)).rejects.toMatchObject({ code: 'not_allowed' })
    core.hosts.push(host)
    await core.register('beyond', base)
    expect(core.plugins.state('beyond')).toBe('ready')
    await core.plugins.call('beyond', requestOf('ok'))
    const before = beyond.reached
    core.hosts.length = 0
    await expect(core.plugins.call('beyond', requestOf('ok'))).rejects.toMatchObject({
      code: 'plugin_offline',
    })
    await until(() => expect(core.plugins.state('beyond')).toBe('offline'))
    expect(beyond.reached).toBe(before)
    beyond.server.closeAllConnections()
    beyond.server.close()
  })
})
