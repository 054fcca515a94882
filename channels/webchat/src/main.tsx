import { render } from 'preact'
import { createApi } from './api.ts'
import { App } from './app.tsx'
import { PageContext } from './context.ts'
import { findPosition } from './location.ts'
import { createRouter } from './router.ts'
import { createSocket } from './socket.ts'
import { createStorage } from './storage.ts'
import { createStore } from './store.ts'

const key = takeKey()
const store = createStore({
  api: createApi(),
  storage: createStorage(() => window.localStorage),
  connect: (events) => createSocket(`${location.origin.replace(/^http/, 'ws')}/ws`, events),
  findPosition,
  nextFrame: (run) => requestAnimationFrame(run),
  isVisible: () => !document.hidden,
})
const page = { store, router: createRouter(), places: new Map() }

addEventListener('pagehide', store.drafts.flush)
addEventListener('online', store.wake)
addEventListener('focus', store.wake)
addEventListener('visibilitychange', () => {
  if (document.hidden) store.drafts.flush()
  else store.wake()
})

const isAccepted = await store.start(key)
// An old link is no reason to shut out a browser that is logged in.
if (!isAccepted && key) await store.start()
const root = document.getElementById('app')
if (root) {
  render(
    <PageContext.Provider value={page}>
      <App refused={!isAccepted && key !== undefined} />
    </PageContext.Provider>,
    root,
  )
}

/** The key of the printed link. It leaves the address at once: nobody is to see, share or bookmark it. */
function takeKey(): string | undefined {
  const found = /^#key=(.+)$/.exec(location.hash)?.[1]
  if (found) history.replaceState(null, '', location.pathname)
  return found && decodeURIComponent(found)
}
