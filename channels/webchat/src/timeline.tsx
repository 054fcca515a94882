import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { OfflineNotice, OwnBubble, TheirBubble, Typing } from './bubble.tsx'
import { usePage, useTimes, useWords } from './context.ts'
import { type Follow, createFollow } from './follow.ts'
import { DownIcon } from './icons.tsx'
import { type Row, rowsOf } from './rows.ts'
import { type ChatId, SYSTEM, chatKey } from './turn.ts'

/** The messages of one chat. It is made anew for each chat, so nothing of another one can be left in it. */
export function Timeline({ id }: { id: ChatId }): VNode {
  const { store, places } = usePage()
  const words = useWords()
  const { conversations, people } = store
  const view = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const follow = useRef<Follow>(undefined)
  const away = useSignal(false)
  const chat = conversations.chat(id).value
  const rows = rowsOf(chat, useReadBefore(id))
  const oldest = chat.messages[0]?.seq
  const newestTurn = chat.turns.findLast(({ restored }) => !restored)?.id

  const place = useHeldPlace(follow, oldest)
  useLayoutEffect(() => {
    if (place) follow.current?.restore(place)
  }, [oldest])

  useEffect(() => {
    if (!view.current || !content.current) return
    const made = createFollow({
      view: view.current,
      content: content.current,
      onAway: (is) => (away.value = is),
      onNearTop() {
        const { more, loading, problem } = conversations.chat(id).peek()
        if (more && loading === 'no' && !problem) void conversations.loadOlder(id)
      },
      place: places.get(chatKey(id)),
    })
    follow.current = made
    return () => {
      const left = made.remember()
      if (left) places.set(chatKey(id), left)
      else places.delete(chatKey(id))
      made.close()
    }
  }, [])

  const written = useRef(newestTurn)
  useLayoutEffect(() => {
    if (newestTurn && newestTurn !== written.current) follow.current?.toEnd()
    written.current = newestTurn
  }, [newestTurn])

  return (
    <div class="timeline">
      <div
        ref={view}
        class={`log ${id.partner === SYSTEM ? 'document' : ''}`}
        role="log"
        aria-live="off"
        aria-label={words.chatWith(people.nameOf(id.partner))}
        tabIndex={0}
      >
        <div ref={content} class="column">
          {chat.problem && <Problem id={id} text={chat.problem} />}
          {!chat.loaded && chat.loading === 'newest' && rows.length === 0 && <Skeleton />}
          {chat.loaded && rows.length === 0 && <Beginning partner={id.partner} />}
          {rows.map((row) => (
            <div
              key={row.key}
              data-row={row.kind === 'day' || row.kind === 'unread' ? undefined : row.key}
              class="line"
            >
              <RowView row={row} id={id} />
            </div>
          ))}
        </div>
      </div>
      {away.value && (
        <button
          type="button"
          class="jump"
          onClick={() => follow.current?.toEnd()}
          aria-label={words.jumpToLatest}
        >
          <DownIcon />
        </button>
      )}
    </div>
  )
}

/** When older rows are about to be put in front: where the reader is now. Asked while drawing, before the page changes. */
function useHeldPlace(
  follow: { current: Follow | undefined },
  oldest: number | undefined,
): ReturnType<Follow['remember']> {
  const known = useRef(oldest)
  const changes = known.current !== undefined && known.current !== oldest
  known.current = oldest
  return changes ? follow.current?.remember() : undefined
}

function RowView({ row, id }: { row: Row; id: ChatId }): VNode {
  switch (row.kind) {
    case 'day':
      return <Day at={row.at} />
    case 'unread':
      return <Unread />
    case 'mine':
      return <OwnBubble row={row} chat={id} />
    case 'theirs':
      return <TheirBubble row={row} chat={id} />
    case 'typing':
      return <Typing chat={id} />
    case 'notice':
      return <OfflineNotice row={row} />
  }
}

/** How far the chat was read when it was opened: it stays there while it is open. */
function useReadBefore(id: ChatId): number | undefined {
  const { people } = usePage().store
  const held = useRef<number>(undefined)
  if (people.unread(id) > 0) held.current ??= people.readUpTo(id)
  return held.current
}

function Unread(): VNode {
  return (
    <p class="unread-line">
      <span>{useWords().newMessages}</span>
    </p>
  )
}

function Day({ at }: { at: string }): VNode {
  return <h2 class="day">{useTimes().dayName(at)}</h2>
}

/** Stands where it happened: the history, or its older part, could not be read. */
function Problem({ id, text }: { id: ChatId; text: string }): VNode {
  const { conversations } = usePage().store
  const words = useWords()
  const chat = conversations.chat(id).value
  const again = (): void => void (chat.loaded ? conversations.loadOlder(id) : conversations.refresh(id))
  return (
    <div class="notice">
      <p>{words.historyMissing(text)}</p>
      <p class="actions">
        <button type="button" class="quiet" onClick={again}>
          {words.tryAgain}
        </button>
      </p>
    </div>
  )
}

function Skeleton(): VNode {
  return (
    <div class="skeleton" aria-hidden="true">
      <i />
      <i />
      <i />
      <i />
    </div>
  )
}

/** An empty chat says what belongs here. */
function Beginning({ partner }: { partner: string }): VNode {
  const name = usePage().store.people.nameOf(partner)
  const words = useWords()
  if (partner !== SYSTEM) {
    return (
      <div class="beginning">
        <p class="beginning-title">{words.helloTo(name)}</p>
        <p>{words.staysHere}</p>
      </div>
    )
  }
  return (
    <div class="beginning">
      <p class="beginning-title">{words.whatCanIDo}</p>
      <p>{words.examples}</p>
    </div>
  )
}
