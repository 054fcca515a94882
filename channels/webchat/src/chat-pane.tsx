import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { Composer } from './composer.tsx'
import { BackLink } from './back-link.tsx'
import { usePage, useWords } from './context.ts'
import { isThere } from './people.ts'
import { presenceOf } from './presence.ts'
import { LIST_ADDRESS } from './router.ts'
import { Timeline } from './timeline.tsx'
import type { ChatId } from './turn.ts'

/** One chat: who it is with, what was said, and where to write. */
export function ChatPane({ id, isAlone }: { id: ChatId; isAlone: boolean }): VNode {
  const { people } = usePage().store
  const words = useWords()
  const name = people.nameOf(id.partner)
  const companion = people.companion(id.partner)
  useFreshHistory(id)
  useReading(id)
  useEffect(() => {
    document.title = `${name} · HomeClaw`
  }, [name])
  return (
    <main class="chat">
      <header class="bar">
        {isAlone && <BackLink address={LIST_ADDRESS} label={words.backToChats} />}
        <Avatar id={id.partner} name={name} online={companion !== undefined && isThere(companion)} />
        <div class="bar-names">
          <h1 class="title">{name}</h1>
          <p class="subtitle">{companion ? presenceOf(companion, words) : words.yourAssistant}</p>
        </div>
      </header>
      <Timeline id={id} />
      <Composer id={id} />
    </main>
  )
}

/** What is in front of the person is read. */
function useReading(id: ChatId): void {
  const { store } = usePage()
  const isSeen = useSeen()
  const unread = store.people.unread(id)
  useEffect(() => {
    if (isSeen && unread > 0) store.read(id)
  }, [isSeen, unread])
}

/** Whether this tab is in front. */
function useSeen(): boolean {
  const isSeen = useSignal(!document.hidden)
  useEffect(() => {
    const look = (): void => void (isSeen.value = !document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isSeen.value
}

/** Reads the history when the chat opens, when the connection is back, and when a companion that was away is there again. */
function useFreshHistory(id: ChatId): void {
  const { conversations, connected, people } = usePage().store
  const wasLost = useRef(false)
  const isConnected = connected.value
  const companion = people.companion(id.partner)
  const isReachable = !companion || isThere(companion)

  useEffect(() => void conversations.refresh(id), [])
  useEffect(() => {
    if (isConnected && wasLost.current) void conversations.refresh(id)
    wasLost.current = !isConnected
  }, [isConnected])
  useEffect(() => {
    if (isReachable && conversations.chat(id).peek().problem) void conversations.refresh(id)
  }, [isReachable])
}
