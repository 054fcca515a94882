import { useSignal } from '@preact/signals'
import type { TargetedKeyboardEvent, VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { OfflineNotice, OwnBubble, TheirBubble, Typing } from './bubble.tsx'
import { usePage, useTimes, useWords } from './context.ts'
import { type Follow, createFollow } from './follow.ts'
import { DownIcon } from './icons.tsx'
import { LongList, type LongListHandle, TOP } from './long-list.tsx'
import { type Row, rowsOf } from './rows.ts'
import { type ChatId, SYSTEM, chatKey } from './turn.ts'

/** A message that was looked for stands this far below the top, in pixels. */
const FOUND_AT = 80

/** The messages of one chat. It is made anew for each chat, so nothing of another one can be left in it. */
export function Timeline({ id }: { id: ChatId }): VNode {
  const { store, places } = usePage()
  const words = useWords()
  const { conversations, people } = store
  const view = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const follow = useRef<Follow>(undefined)
  const list = useRef<LongListHandle>(null)
  const away = useSignal(false)
  const focused = useRef<string>(undefined)
  const chat = conversations.chat(id).value
  const rows = rowsOf(chat, useReadBefore(id))
  const rowsNow = useRef(rows)
  rowsNow.current = rows
  const oldest = chat.messages[0]?.seq
  const newestTurn = chat.turns.findLast(({ restored }) => !restored)?.id

  // While it goes away it is still in the document: a later effect could not see any more where it was.
  useLayoutEffect(() => {
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
      showRow: ({ key, top }) => showRow(key, top),
    })
    follow.current = made
    return () => {
      const left = made.remember()
      if (left) places.set(chatKey(id), left)
      else places.delete(chatKey(id))
      made.close()
    }
  }, [])

  /** Puts a row this far below the top of the view. */
  function showRow(key: string, top: number): void {
    const at = rowsNow.current.findIndex((row) => row.key === key)
    if (at >= 0) list.current?.scrollToIndex(at, { align: 'start', offset: TOP - top })
  }

  const isHeld = (row: Row): boolean =>
    row.key === focused.current || (row.kind === 'theirs' && row.turn?.state.name === 'answering')

  const wanted = useWanted(id, (seq) => {
    follow.current?.leave()
    const row = rowsNow.current.find((row) => isOf(row, seq))
    if (row) showRow(row.key, FOUND_AT)
  })

  useEffect(() => follow.current?.look(), [chat.loading])

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
        onFocusIn={({ target }) => (focused.current = keyOf(target))}
        onKeyDown={(event) => walk(event)}
      >
        <div ref={content} class="column">
          {chat.problem && <Problem id={id} text={chat.problem} />}
          {!chat.loaded && chat.loading === 'newest' && rows.length === 0 && <Skeleton />}
          {chat.loaded && rows.length === 0 && <Beginning partner={id.partner} />}
          <LongList items={rows} view={view} handle={list} front={oldest} isHeld={isHeld}>
            {(row, at) => (
              <div
                data-row={row.kind === 'day' || row.kind === 'unread' ? undefined : row.key}
                class={`line ${at === rows.length - 1 ? 'latest' : ''} ${isOf(row, wanted) ? 'found' : ''}`}
              >
                <RowView row={row} id={id} />
              </div>
            )}
          </LongList>
        </div>
      </div>
      {away.value && <JumpButton onJump={() => follow.current?.toEnd()} />}
    </div>
  )
}

const isOf = (row: Row, seq: number | undefined): boolean =>
  seq !== undefined && 'message' in row && row.message?.seq === seq

const keyOf = (target: EventTarget | null): string | undefined =>
  (target instanceof Element && target.closest('[data-row]')?.getAttribute('data-row')) || undefined

/** Alt and PageUp or PageDown go from message to message; what can be done with it is one Tab away. */
function walk(event: TargetedKeyboardEvent<HTMLElement>): void {
  const step = event.altKey && { PageUp: -1, PageDown: 1 }[event.key]
  if (!step) return
  event.preventDefault()
  const articles = [...event.currentTarget.querySelectorAll<HTMLElement>('article')]
  const at = articles.findIndex((article) => article.contains(document.activeElement))
  const next = at < 0 ? articles.at(-1) : articles[at + step]
  next?.focus()
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

/** The message of the address, which is loaded and then shown. */
function useWanted(id: ChatId, show: (seq: number) => void): number | undefined {
  const { store, router } = usePage()
  const { conversations } = store
  const place = router.place.value
  const wanted = place.kind === 'chat' && place.partner === id.partner ? place.seq : undefined
  const { loaded } = conversations.chat(id).value
  useEffect(() => {
    async function look(seq: number): Promise<void> {
      await conversations.loadUntil(id, seq)
      conversations.showMessage(id, seq)
      requestAnimationFrame(() => show(seq))
    }
    if (wanted !== undefined && loaded) void look(wanted)
  }, [wanted, loaded])
  return wanted
}

function JumpButton({ onJump }: { onJump: () => void }): VNode {
  return (
    <button type="button" class="jump" onClick={onJump} aria-label={useWords().jumpToLatest}>
      <DownIcon />
    </button>
  )
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
