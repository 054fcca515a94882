import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { Outbound } from '../../outbound.ts'

/**
 * Where the push services of browsers may be: https on the public internet, and what the owner lists as `plugin_hosts`.
 * A person names their address, so it must lead to nothing inside the house.
 */
export const createPushReach = (outbound: Outbound): Outbound => ({
  faultOf(address) {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url && outbound.isListed(url.hostname)) return outbound.faultOf(address)
    const isThere = url?.protocol === 'https:' && !isInHouse(url.hostname)
    if (!isThere)
      return `must be https and on the public internet, or on a host of plugin_hosts in config/core.yml, not at "${address.slice(0, 200)}"`
    if (url.username || url.password || url.hash) return 'must have no user, password or fragment'
    return undefined
  },
  lookup: (hostname, options, found) =>
    outbound.isListed(hostname) ? lookup(hostname, options, found) : lookupPublic(hostname, options, found),
  isListed: outbound.isListed,
})

/** A public name may lead into the house: what it stands for is looked at when it is called. */
const lookupPublic: LookupFunction = (hostname, options, found) =>
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return found(error, '', 0)
    const outside = addresses.filter(({ address }) => !isPrivate(address))
    const [first] = outside
    if (!first) return found(Object.assign(new Error('not public'), { code: 'ENOTFOUND' }), '', 0)
    if (options.all) found(null, outside)
    else found(null, first.address, first.family)
  })

/** @param hostname as WHATWG URL writes it */
function isInHouse(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(literal)) return isPrivate(literal)
  return !hostname.includes('.') || /(^|\.)(localhost|local|internal|lan|home\.arpa)\.?$/.test(hostname)
}

/** Not on the public internet (IANA special-purpose address registries). */
const isPrivate = (address: string): boolean =>
  NOT_PUBLIC.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

const NOT_PUBLIC = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  NOT_PUBLIC.addSubnet(net, prefix)
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv6')
