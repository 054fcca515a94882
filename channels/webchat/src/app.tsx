import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ChatPane } from './chat-pane.tsx'
import { ConnectionLine } from './connection-line.tsx'
import { usePage, useWords } from './context.ts'
import { FriendList } from './friend-list.tsx'
import { LogIn } from './log-in.tsx'
import { PagePane, pagesOf } from './pages.tsx'
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

/** One pane on a phone; on anything wider the list, and beside it a chat or a page. */
function Rooms(): VNode {
  const { store, router } = usePage()
  const isWide = useWide()
  const place = router.place.value
  const entry =
    place.kind === 'page' ? pagesOf(store.people).find(({ name }) => name === place.name) : undefined
  const chat = useOpenChat(isWide && !entry)
  useEffect(() => {
    if (!chat && !entry) document.title = 'HomeClaw'
  }, [chat?.partner, entry])
  useFollowedMove(chat)
  const list = <FriendList open={chat?.partner} isPage={!chat && !entry} />
  return (
    <div class="app">
      <ConnectionLine />
      <div class="panes">
        {chat || entry ? isWide && list : <main class="alone">{list}</main>}
        {entry && <PagePane key={entry.name} entry={entry} isAlone={!isWide} />}
        {chat && <ChatPane key={chatKey(chat)} id={chat} isAlone={!isWide} />}
      </div>
      <div class="visually-hidden" role="status">
        {store.announcer.polite.value}
      </div>
      <div class="visually-hidden" role="alert">
        {store.announcer.assertive.value}
      </div>
    </div>
  )
}

/** The chat of the address. Where there is room for one and none is named, or one that is not known, it is System's. */
function useOpenChat(hasRoom: boolean): ChatId | undefined {
  const { store, router } = usePage()
  const { people } = store
  const place = router.place.value
  const asked = place.kind === 'chat' ? place.partner : undefined
  const isKnown = asked === SYSTEM || (asked !== undefined && people.companion(asked) !== undefined)
  const partner = isKnown ? asked : asked !== undefined || hasRoom ? SYSTEM : undefined
  return partner === undefined ? undefined : { user: people.user.value, partner }
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
  const words = useWords()
  return (
    <main class="gate">
      <div class="card" role="status">
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>{words.coreAway}</h1>
        <p>{words.coreAwayMore}</p>
      </div>
    </main>
  )
}
