import { render } from 'preact'
import { createApi } from './api.ts'
import { App } from './app.tsx'
import { countOnIcon } from './badge.ts'
import { PageContext } from './context.ts'
import { createInstall, keepPage } from './install.ts'
import { createLanguage } from './language.ts'
import { findPosition } from './location.ts'
import { addressOfPage, createRouter } from './router.ts'
import { createSocket } from './socket.ts'
import { createStorage } from './storage.ts'
import { createStore } from './store.ts'
import { thisDevice } from './subscription.ts'
import { createTheme } from './theme.ts'
import type { OpenChat } from './worker-push.ts'
import { WELCOME, isFirstVisit } from './welcome.ts'

const storage = createStorage(() => window.localStorage)
const theme = createTheme(storage)
const language = createLanguage(storage, navigator.languages)
const key = takeKey()
const store = createStore({
  api: createApi(language.words),
  storage,
  words: language.words,
  connect: (events) => createSocket(`${location.origin.replace(/^http/, 'ws')}/ws`, events),
  findPosition,
  device: thisDevice,
  restart: () => location.reload(),
  nextFrame: (run) => requestAnimationFrame(run),
  isVisible: () => !document.hidden,
})
if (!location.hash && isFirstVisit(storage)) history.replaceState(null, '', addressOfPage(WELCOME))
const page = {
  store,
  router: createRouter(),
  language,
  theme,
  install: createInstall(),
  places: new Map(),
}

// A click on a notification; the worker may have opened the page for it.
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<OpenChat>) => {
  store.pick(data.open.user)
  page.router.open(data.open.partner)
})
addEventListener('pagehide', store.drafts.flush)
addEventListener('online', store.wake)
addEventListener('focus', store.wake)
addEventListener('visibilitychange', () => {
  if (document.hidden) store.drafts.flush()
  else store.wake()
})

const [refusal] = await Promise.all([store.start(key === undefined ? undefined : { key }), language.start()])
// An old link is no reason to shut out a browser that is logged in.
if (refusal && key) await store.start()
const root = document.getElementById('app')
if (root) {
  render(
    <PageContext.Provider value={page}>
      <App refused={refusal !== undefined && key !== undefined} />
    </PageContext.Provider>,
    root,
  )
}
countOnIcon(store.people)
await keepPage()
await store.notifications.renew()

/** The key of the printed link. It leaves the address at once: nobody is to see, share or bookmark it. */
function takeKey(): string | undefined {
  const found = /^#key=(.+)$/.exec(location.hash)?.[1]
  if (found) history.replaceState(null, '', location.pathname)
  return found && decodeURIComponent(found)
}
