import type { Registration } from '#contract'
import { problem } from '../errors.ts'
import { isLoopback, type Outbound } from '../outbound.ts'

/** Where plugins may be: wherever Core may call. */
export interface Addresses {
  /**
   * Where a plugin is called and where its health is asked; `isHere` when both are this machine.
   * @throws Problem `not_allowed`
   */
  of(registration: Registration): { base: URL; health: URL; isHere: boolean }
  /** Whether it may be called now: the owner's list may have changed. */
  allows(registration: Registration): boolean
  readonly lookup: Outbound['lookup']
}

export function createAddresses({ faultOf, lookup }: Outbound): Addresses {
  const fault = ({ config, health_check_url }: Registration): string | undefined =>
    faultOf(config.base_url) ?? faultOf(health_check_url) ?? faultOfPath(config)

  return {
    of(registration) {
      const wrong = fault(registration)
      if (wrong) throw problem('not_allowed', `The address of a plugin ${wrong}`)
      const [base, health] = [new URL(registration.config.base_url), new URL(registration.health_check_url)]
      return { base, health, isHere: isLoopback(base.hostname) && isLoopback(health.hostname) }
    },
    allows: (registration) => fault(registration) === undefined,
    lookup,
  }
}

function faultOfPath({ base_url, path }: Registration['config']): string | undefined {
  if (new URL(base_url).search) return 'must have no query'
  if (!/^\/[\x21-\x7e]*$/.test(path)) return 'must have a percent-encoded path'
  return undefined
}
