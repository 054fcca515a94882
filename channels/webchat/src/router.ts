import { type ReadonlySignal, signal } from '@preact/signals'

/** What is open: a chat, the list of chats, or one of the pages of pages.ts. */
export type Place =
  | { readonly kind: 'list' }
  | { readonly kind: 'chat'; readonly partner: string; readonly seq?: number }
  | { readonly kind: 'page'; readonly name: string }

/** The address carries the place after the `#`, so that "back" works and Core serves one page only. */
export interface Router {
  readonly place: ReadonlySignal<Place>
  /** Opens the chat with this partner. */
  open(partner: string): void
  /** To where one came from, or to this address, without leaving a trail. */
  backTo(address: string): void
}

/** `#/` the list, `#/chat/<partner>` a chat, `#/chat/<partner>/<seq>` a message in it, `#/<name>` a page. */
export const addressOf = (partner: string, seq?: number): string =>
  `#/chat/${encodeURIComponent(partner)}${seq === undefined ? '' : `/${seq}`}`
export const addressOfPage = (name: string): string => `#/${name}`
export const LIST_ADDRESS = '#/'

export function createRouter(): Router {
  const place = signal(placeOf(location.hash))
  let before: string | undefined
  addEventListener('hashchange', ({ oldURL }) => {
    before = new URL(oldURL).hash || LIST_ADDRESS
    place.value = placeOf(location.hash)
  })
  return {
    place,
    open(partner) {
      location.hash = addressOf(partner)
    },
    backTo(address) {
      if (before === address) history.back()
      else location.replace(address)
    },
  }
}

function placeOf(hash: string): Place {
  const [, page = '', partner, seq] = hash.split('/')
  if (page === 'chat') return partner ? chatWith(partner, Number(seq)) : { kind: 'list' }
  return /^[a-z-]+$/.test(page) ? { kind: 'page', name: page } : { kind: 'list' }
}

function chatWith(part: string, seq: number): Place {
  try {
    return { kind: 'chat', partner: decodeURIComponent(part), ...(seq > 0 && { seq }) }
  } catch {
    return { kind: 'list' }
  }
}
