import { type ReadonlySignal, signal } from '@preact/signals'

/** Which page is open. The address carries it after the `#`, so that "back" works and Core serves one page only. */
export interface Router {
  /** The partner of the open chat; undefined: the list. */
  readonly partner: ReadonlySignal<string | undefined>
  /** Whether the plugins are shown instead of a chat. */
  readonly plugins: ReadonlySignal<boolean>
  open(partner: string): void
  /** From a chat to the list, without leaving a trail of lists behind. */
  backToList(): void
}

export const addressOf = (partner: string): string => `#/chat/${encodeURIComponent(partner)}`
export const LIST_ADDRESS = '#/'
export const PLUGINS_ADDRESS = '#/plugins'

export function createRouter(): Router {
  const partner = signal(partnerOf(location.hash))
  const plugins = signal(location.hash === PLUGINS_ADDRESS)
  let openedFromList = false
  addEventListener('hashchange', () => {
    const next = partnerOf(location.hash)
    openedFromList = partner.value === undefined && next !== undefined
    partner.value = next
    plugins.value = location.hash === PLUGINS_ADDRESS
  })
  return {
    partner,
    plugins,
    open(next) {
      location.hash = addressOf(next)
    },
    backToList() {
      if (openedFromList) history.back()
      else location.replace(LIST_ADDRESS)
    },
  }
}

function partnerOf(hash: string): string | undefined {
  const [, page, partner] = hash.split('/')
  return page === 'chat' && partner ? decoded(partner) : undefined
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
