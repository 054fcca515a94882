import type { LookupFunction } from 'node:net'
import type { Registration } from '#contract'
import { problem } from '../errors.ts'

/** Everything that a plugin's host resolves to. No name server is asked, so none can lie. */
const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** For `net.connect`: whatever the name, it is this machine. */
export const lookupLoopback: LookupFunction = (_hostname, options, found) => {
  if (options.all) found(null, LOOPBACK)
  else found(null, '127.0.0.1', 4)
}

/**
 * Where a plugin is called and where its health is asked: both on this machine.
 * @throws Problem `not_allowed`
 */
export function addressesOf({ config, health_check_url }: Registration): { base: URL; health: URL } {
  const fault = faultOf(config.base_url) ?? faultOf(health_check_url) ?? faultOfPath(config)
  if (fault) throw problem('not_allowed', fault)
  return { base: new URL(config.base_url), health: new URL(health_check_url) }
}

export const isLocal = ({ config, health_check_url }: Registration): boolean =>
  !(faultOf(config.base_url) ?? faultOf(health_check_url) ?? faultOfPath(config))

/** What is wrong with an address that Core is to call, in words behind a subject. */
export function faultOfAddress(text: string): string | undefined {
  // WHATWG URL brings decimal, octal, hex and short forms of a host into one, so only that one is looked at.
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.protocol !== 'http:' || !isLoopback(url.hostname))
    return `must be on this machine: http://127.0.0.1:<port>, http://[::1]:<port> or http://localhost:<port>, not "${text.slice(0, 200)}"`
  if (url.username || url.password || url.hash) return 'must have no user, password or fragment'
  return undefined
}

function faultOf(text: string): string | undefined {
  const fault = faultOfAddress(text)
  return fault && `The address of a plugin ${fault}`
}

function faultOfPath({ base_url, path }: Registration['config']): string | undefined {
  if (new URL(base_url).search) return 'The base_url of a plugin must have no query'
  if (!/^\/[\x21-\x7e]*$/.test(path)) return 'The path of a plugin must be percent-encoded'
  return undefined
}

/** Literal loopback addresses and `localhost`, as WHATWG URL writes them. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
