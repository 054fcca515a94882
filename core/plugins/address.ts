import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Registration } from '#contract'
import { problem } from '../errors.ts'

/** Everything that a plugin's host on this machine resolves to. No name server is asked, so none can lie. */
const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Where plugins may be: on this machine, and on the hosts that the owner lists. */
export interface Addresses {
  /**
   * Where a plugin is called and where its health is asked; `isHere` when both are this machine.
   * @throws Problem `not_allowed`
   */
  of(registration: Registration): { base: URL; health: URL; isHere: boolean }
  /** Whether it may be called now: the owner's list may have changed. */
  allows(registration: Registration): boolean
  /** For `net.connect`: a host that is not on the owner's list is this machine, whatever its name. */
  readonly lookup: LookupFunction
}

/** @param hosts the owner's list, as core.yml says now: `nas.local`, `192.168.1.20`, `[fd00::1]` */
export function createAddresses(hosts: () => readonly string[]): Addresses {
  const isListed = (hostname: string): boolean => hosts().includes(hostname)

  /** WHATWG URL brings decimal, octal, hex and short forms of a host into one, so only that one is looked at. */
  function faultOf(text: string): string | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const isHere = url?.protocol === 'http:' && isLoopback(url.hostname)
    const isThere = url && /^https?:$/.test(url.protocol) && isListed(url.hostname)
    if (!isHere && !isThere)
      return `A plugin must be on this machine (http://127.0.0.1:<port>, http://[::1]:<port> or http://localhost:<port>) or on a host of plugin_hosts in config/core.yml, not at "${text.slice(0, 200)}"`
    if (url.username || url.password || url.hash)
      return 'The address of a plugin must have no user, password or fragment'
    return undefined
  }

  const fault = ({ config, health_check_url }: Registration): string | undefined =>
    faultOf(config.base_url) ?? faultOf(health_check_url) ?? faultOfPath(config)

  return {
    of(registration) {
      const wrong = fault(registration)
      if (wrong) throw problem('not_allowed', wrong)
      const [base, health] = [new URL(registration.config.base_url), new URL(registration.health_check_url)]
      return { base, health, isHere: isLoopback(base.hostname) && isLoopback(health.hostname) }
    },
    allows: (registration) => fault(registration) === undefined,
    lookup(hostname, options, found) {
      if (isListed(hostname)) return lookup(hostname, options, found)
      if (options.all) found(null, LOOPBACK)
      else found(null, '127.0.0.1', 4)
    },
  }
}

function faultOfPath({ base_url, path }: Registration['config']): string | undefined {
  if (new URL(base_url).search) return 'The base_url of a plugin must have no query'
  if (!/^\/[\x21-\x7e]*$/.test(path)) return 'The path of a plugin must be percent-encoded'
  return undefined
}

/** Literal loopback addresses and `localhost`, as WHATWG URL writes them. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
