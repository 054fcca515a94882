import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Where Core calls plugins and bridges: on this machine, and on the hosts that the owner lists. */
export interface Outbound {
  /** What is wrong with an address that Core is to call, in words behind "The address of …"; undefined when it may. */
  faultOf(address: string): string | undefined
  /** For `net.connect`: a host that is not on the owner's list is this machine, whatever its name. */
  readonly lookup: LookupFunction
  /** Whether the owner lists this host, as WHATWG URL writes it. */
  isListed(hostname: string): boolean
}

/** @param hosts the owner's list, as core.yml says now: `nas.local`, `192.168.1.20`, `[fd00::1]` */
export function createOutbound(hosts: () => readonly string[]): Outbound {
  const isListed = (hostname: string): boolean => hosts().includes(hostname)
  return {
    isListed,
    /** WHATWG URL brings decimal, octal, hex and short forms of a host into one, so only that one is looked at. */
    faultOf(address) {
      const url = URL.canParse(address) ? new URL(address) : undefined
      const isHere = url?.protocol === 'http:' && isLoopback(url.hostname)
      const isThere = url && /^https?:$/.test(url.protocol) && isListed(url.hostname)
      if (!isHere && !isThere)
        return `must be on this machine (http://127.0.0.1:<port>, http://[::1]:<port> or http://localhost:<port>) or on a host of plugin_hosts in config/core.yml, not at "${address.slice(0, 200)}"`
      if (url.username || url.password || url.hash) return 'must have no user, password or fragment'
      return undefined
    },
    lookup(hostname, options, found) {
      if (isListed(hostname)) return lookup(hostname, options, found)
      if (options.all) found(null, LOOPBACK)
      else found(null, '127.0.0.1', 4)
    },
  }
}

/** Literal loopback addresses and `localhost`, as WHATWG URL writes them. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
