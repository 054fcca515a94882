import { type ReadonlySignal, signal } from '@preact/signals'

/** Which page is open. The address carries it after the `#`, so that "back" works and Core serves one page only. */
export interface Router {
  /** The partner of the open chat; undefined: the list. */
  readonly partner: ReadonlySignal<string | undefined>
  /** What is shown instead of a chat. */
  readonly pane: ReadonlySignal<Pane | undefined>
  open(partner: string): void
  /** From a chat to the list, without leaving a trail of lists behind. */
  backToList(): void
}

export const addressOf = (partner: string): string => `#/chat/${encodeURIComponent(partner)}`
export const LIST_ADDRESS = '#/'

/** The pages beside the chats. */
export type Pane = 'plugins' | 'reminders'
export const paneAddress = (pane: Pane): string => `#/${pane}`

export function createRouter(): Router {
  const partner = signal(partnerOf(location.hash))
  const pane = signal(paneOf(location.hash))
  let openedFromList = false
  addEventListener('hashchange', () => {
    const next = partnerOf(location.hash)
    openedFromList = partner.value === undefined && next !== undefined
    partner.value = next
    pane.value = paneOf(location.hash)
  })
  return {
    partner,
    pane,
    open(next) {
      location.hash = addressOf(next)
    },
    backToList() {
      if (openedFromList) history.back()
      else location.replace(LIST_ADDRESS)
    },
  }
}

const PANES: readonly Pane[] = ['plugins', 'reminders']
const paneOf = (hash: string): Pane | undefined => PANES.find((pane) => hash === paneAddress(pane))

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
