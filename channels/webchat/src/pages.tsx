import { useSignal } from '@preact/signals'
import type { ComponentType, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { BackLink } from './back-link.tsx'
import { useWords } from './context.ts'
import type { People } from './people.ts'
import { LIST_ADDRESS, addressOfPage } from './router.ts'
import { WELCOME } from './welcome.ts'
import type { Words } from './words/en.ts'

/** A page beside the chats, at `#/<name>`. The settings show the way to all others. */
export interface PageEntry {
  readonly name: string
  readonly title: (words: Words) => string
  /** People do not see it. */
  readonly isOwners?: true
  /** Its content, below the title; fetched when it is opened. */
  readonly load: () => Promise<{ default: ComponentType }>
}

export const SETTINGS = 'settings'

/** Another page is one line here, a file with a default export, and its words in `words/`. */
const PAGES: readonly PageEntry[] = [
  { name: SETTINGS, title: ({ settings }) => settings, load: () => import('./settings-page.tsx') },
  { name: 'friends', title: ({ people }) => people, load: () => import('./friends-page.tsx') },
  { name: 'reminders', title: ({ reminders }) => reminders, load: () => import('./jobs-page.tsx') },
  { name: 'memories', title: ({ memories }) => memories, load: () => import('./memories-page.tsx') },
  { name: 'data', title: ({ myData }) => myData, load: () => import('./data-page.tsx') },
  {
    name: 'plugins',
    title: ({ plugins }) => plugins,
    isOwners: true,
    load: () => import('./plugins-page.tsx'),
  },
  { name: WELCOME, title: ({ welcome }) => welcome, load: () => import('./welcome-page.tsx') },
]

/** The pages for who is logged in. */
export const pagesOf = (people: People): readonly PageEntry[] =>
  PAGES.filter(({ isOwners }) => !isOwners || people.self.value === undefined)

/** The frame of a page: its title, the way back, and its content when it is there. */
export function PagePane({ entry, isAlone }: { entry: PageEntry; isAlone: boolean }): VNode {
  const words = useWords()
  const title = entry.title(words)
  useEffect(() => {
    document.title = `${title} · HomeClaw`
  }, [title])
  const isSettings = entry.name === SETTINGS
  return (
    <main class="page">
      <header class="bar">
        {(isAlone || !isSettings) && (
          <BackLink
            address={isSettings ? LIST_ADDRESS : addressOfPage(SETTINGS)}
            label={isSettings ? words.backToChats : words.backToSettings}
          />
        )}
        <h1 class="title">{title}</h1>
      </header>
      <div class="page-scroll">
        <div class="page-column">
          <Content entry={entry} />
        </div>
      </div>
    </main>
  )
}

function Content({ entry }: { entry: PageEntry }): VNode {
  const words = useWords()
  const loaded = useSignal<{ View?: ComponentType; failed?: true }>({})
  useEffect(() => {
    loaded.value = {}
    entry.load().then(
      ({ default: View }) => (loaded.value = { View }),
      () => (loaded.value = { failed: true }),
    )
  }, [entry])
  const { View, failed } = loaded.value
  if (View) return <View />
  if (!failed) return <p class="muted">{words.loading}</p>
  return (
    <div role="alert">
      <p>{words.loadingFailed}</p>
      <button type="button" class="quiet" onClick={() => location.reload()}>
        {words.reload}
      </button>
    </div>
  )
}
