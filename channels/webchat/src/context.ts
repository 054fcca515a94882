import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Place } from './follow.ts'
import type { Install } from './install.ts'
import type { Language } from './language.ts'
import type { Router } from './router.ts'
import type { Store } from './store.ts'
import type { Theme } from './theme.ts'
import type { Times } from './times.ts'
import type { Words } from './words/en.ts'

/** The store, the address, the look and the places in the chats: one of each for the whole page, made in main.tsx. */
export interface Page {
  readonly store: Store
  readonly router: Router
  readonly language: Language
  readonly theme: Theme
  readonly install: Install
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

/** The words of the page in the language of the person. */
export const useWords = (): Words => usePage().language.words.value

/** Times in the way of the person. */
export const useTimes = (): Times => usePage().language.times.value
