import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ChatPane } from './chat-pane.tsx'
import { ConnectionLine } from './connection-line.tsx'
import { usePage } from './context.ts'
import { FriendList } from './friend-list.tsx'
import { JobsPane } from './jobs-pane.tsx'
import { LogIn } from './log-in.tsx'
import { PluginsPane } from './plugins-pane.tsx'
import { type ChatId, SYSTEM, chatKey } from './turn.ts'

/** The whole page. @param refused it was opened by a link whose key is not valid */
export function App({ refused }: { refused: boolean }): VNode | null {
  const { store } = usePage()
  switch (store.session.value) {
    case 'checking':
      return null
    case 'needed':
      return <LogIn refused={refused} />
    case 'unreachable':
      return <Unreachable />
    case 'open':
      return <Rooms />
  }
}

/** One pane on a phone, list and chat side by side on anything wider. */
function Rooms(): VNode {
  const { store, router } = usePage()
  const isWide = useWide()
  const { people, announcer } = store
  const asked = router.partner.value
  const isKnown = asked === undefined || asked === SYSTEM || people.companion(asked)
  const partner = isKnown ? asked : SYSTEM
  const pane = router.pane.value
  const open = partner ?? (isWide && !pane ? SYSTEM : undefined)
  const id = open === undefined ? undefined : { user: people.user.value, partner: open }
  useEffect(() => {
    if (!id && !pane) document.title = 'HomeClaw'
  }, [open, pane])
  useFollowedMove(id)
  const list = <FriendList open={open} isBeside={open !== undefined || pane !== undefined} />
  return (
    <div class="app">
      <ConnectionLine />
      <div class="panes">
        {id || pane ? isWide && list : <main class="alone">{list}</main>}
        {pane === 'plugins' && <PluginsPane isAlone={!isWide} />}
        {pane === 'reminders' && <JobsPane isAlone={!isWide} />}
        {id && <ChatPane key={chatKey(id)} id={id} isAlone={!isWide} />}
      </div>
      <div class="visually-hidden" role="status">
        {announcer.polite.value}
      </div>
      <div class="visually-hidden" role="alert">
        {announcer.assertive.value}
      </div>
    </div>
  )
}

/** A message that was for somebody else leads to that chat, unless the person is writing on where they are. */
function useFollowedMove(open: ChatId | undefined): void {
  const { store, router } = usePage()
  const move = store.moved.value
  const known = useRef(move)
  useEffect(() => {
    if (!move || move === known.current) return
    known.current = move
    const isHere = open && chatKey(move.from) === chatKey(open)
    if (isHere && !store.drafts.of(open).text.peek().trim()) router.open(move.to.partner)
  }, [move])
}

function useWide(): boolean {
  const query = matchMedia('(min-width: 720px)')
  const isWide = useSignal(query.matches)
  useEffect(() => {
    const look = (): void => void (isWide.value = query.matches)
    query.addEventListener('change', look)
    return () => query.removeEventListener('change', look)
  }, [])
  return isWide.value
}

function Unreachable(): VNode {
  return (
    <main class="gate">
      <div class="card" role="status">
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>Core does not answer</h1>
        <p>It may be starting or stopped. This page goes on by itself as soon as Core is there.</p>
      </div>
    </main>
  )
}
