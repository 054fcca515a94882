import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Place } from './follow.ts'
import type { Router } from './router.ts'
import type { Store } from './store.ts'

/** The store, the address and the places in the chats: one of each for the whole page, made in main.tsx. */
export interface Page {
  readonly store: Store
  readonly router: Router
  /** Where each chat was left, by its key; one that was left at its end is not in it. */
  readonly places: Map<string, Place>
}

export const PageContext = createContext<Page | undefined>(undefined)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('There is no page around this component')
  return page
}

export const useStore = (): Store => usePage().store
