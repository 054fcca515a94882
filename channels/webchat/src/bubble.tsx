import type { ComponentChildren, VNode } from 'preact'
import { OwnActions, TheirActions, WriteAgainButton } from './actions.tsx'
import { Avatar } from './avatar.tsx'
import { usePage, useTimes, useWords } from './context.ts'
import { focusComposer, saidIn } from './editing.ts'
import { AlertIcon, CheckIcon, ClockIcon, FileIcon } from './icons.tsx'
import { Markdown } from './markdown.tsx'
import { Picture } from './picture.tsx'
import type { BubbleRow, NoticeRow } from './rows.ts'
import { type StoredFile, storedFiles } from './stored-files.ts'
import {
  type Attachment,
  type ChatId,
  type FailedState,
  type Message,
  type Turn,
  isKeptByPlugin,
} from './turn.ts'
import { VersionPicker } from './version-picker.tsx'

/** What the person wrote: plain text, its line breaks kept, and what became of it. */
export function OwnBubble({ row, chat }: { row: BubbleRow; chat: ChatId }): VNode {
  const words = useWords()
  const times = useTimes()
  const { turn, message, text } = row
  const isNew = turn && !turn.restored
  const attachments = turn?.attachments ?? []
  const files = turn ? [] : storedFiles(chat.user, message?.files)
  const nothing = !text && attachments.length + files.length === 0
  return (
    <article
      class={`mine ${corners(row)} ${isNew ? 'new' : ''}`}
      aria-label={words.saidAt(words.you, times.timeOfDay(row.at))}
    >
      <div class="bubble" title={times.fullTime(row.at)}>
        {attachments.map((attachment) => (
          <Attached key={attachment.id} attachment={attachment} />
        ))}
        {files.map((file) => (
          <Stored key={file.address} file={file} />
        ))}
        {text && <p class="words">{text}</p>}
        {nothing && <p class="muted">{words.pictureOrFile}</p>}
      </div>
      {turn?.state.name === 'failed' && <FailedTurn turn={turn} state={turn.state} />}
      {message?.failed && <FailedMessage row={row} message={message} chat={chat} />}
      {!nothing && <OwnActions chat={chat} row={row} />}
      {row.versions && <VersionPicker chat={chat} versions={row.versions} />}
      <Foot row={row} progress={progressOf(turn)} />
    </article>
  )
}

/** What System or a friend answered. System has no bubble: its answers read like a page. */
export function TheirBubble({ row, chat }: { row: BubbleRow; chat: ChatId }): VNode {
  const { people, conversations } = usePage().store
  const words = useWords()
  const times = useTimes()
  const name = people.nameOf(chat.partner)
  const isLive = row.turn?.state.name === 'answering'
  const text = row.turn && isLive ? conversations.words(row.turn.id).value : row.text
  const images = row.turn?.state.name === 'answered' ? row.turn.state.images : (row.message?.images ?? [])
  return (
    <article
      class={`theirs ${corners(row)}`}
      aria-label={words.saidAt(name, times.timeOfDay(row.at))}
      data-live={isLive ? '' : undefined}
      tabIndex={-1}
    >
      {row.first && <Avatar id={chat.partner} name={name} />}
      <div class="bubble" title={times.fullTime(row.at)}>
        <Markdown text={text} isGrowing={isLive} />
        {images.map((url) => (
          <Picture key={url} url={url} name={words.pictureFrom(name)} />
        ))}
      </div>
      {row.message && <Occasion message={row.message} />}
      {!isLive && <TheirActions chat={chat} row={row} />}
      {row.versions && <VersionPicker chat={chat} versions={row.versions} />}
      {!isLive && <Foot row={row} />}
    </article>
  )
}

/** Why nobody had to ask for it, and that it should have come earlier. */
function Occasion({ message: { reason, late } }: { message: Message }): VNode | null {
  const words = useWords()
  const line = [late && words.late, reason].filter(Boolean).join(' · ')
  return line ? <p class="foot">{line}</p> : null
}

/** Three dots, or the words for it where motion is unwanted. */
export function Typing({ chat }: { chat: ChatId }): VNode {
  const name = usePage().store.people.nameOf(chat.partner)
  return (
    <div class="theirs typing first last">
      <Avatar id={chat.partner} name={name} />
      <div class="bubble">
        <span class="dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        <span class="answering">{useWords().answering(name)}…</span>
      </div>
    </div>
  )
}

/** A companion that was not there, said quietly. */
export function OfflineNotice({ row }: { row: NoticeRow }): VNode {
  const { conversations } = usePage().store
  const { turn, text } = row
  return (
    <div class="notice">
      <p>{text}</p>
      <p class="actions">
        <RetryButton onRetry={() => conversations.retry(turn)} />
        <EditTurn turn={turn} />
      </p>
    </div>
  )
}

function FailedTurn({ turn, state }: { turn: Turn; state: FailedState }): VNode {
  const { conversations } = usePage().store
  const words = useWords()
  function drop(): void {
    conversations.takeBack(turn)
    focusComposer()
  }
  return (
    <Failed code={state.code} problem={state.problem}>
      <RetryButton onRetry={() => conversations.retry(turn)} />
      <EditTurn turn={turn} />
      {state.refused && (
        <button type="button" class="quiet" onClick={drop}>
          {words.delete}
        </button>
      )}
    </Failed>
  )
}

/** Core knows its own by their id and runs them again; what a plugin keeps, or has files, can only be said anew. */
function FailedMessage({ row, message, chat }: { row: BubbleRow; message: Message; chat: ChatId }): VNode {
  const { conversations, people } = usePage().store
  const signal = people.companion(chat.partner)?.session_id_value
  return (
    <Failed code={message.failed_code} problem={message.failed ?? ''}>
      {isKeptByPlugin(chat) || message.files ? (
        <WriteAgainButton chat={chat} said={saidIn(row, chat)} />
      ) : (
        <RetryButton onRetry={() => conversations.retryStored(chat, message, signal)} />
      )}
    </Failed>
  )
}

function Failed({
  code,
  problem,
  children,
}: {
  code: string | undefined
  problem: string
  children: ComponentChildren
}): VNode {
  const words = useWords()
  return (
    <div class="failed">
      <p>
        <AlertIcon /> {words.notAnswered(words.problem(code, problem))}
      </p>
      <p class="actions">{children}</p>
    </div>
  )
}

function RetryButton({ onRetry }: { onRetry: () => void }): VNode {
  return (
    <button type="button" class="quiet" onClick={onRetry}>
      {useWords().retry}
    </button>
  )
}

function EditTurn({ turn }: { turn: Turn }): VNode {
  const { conversations } = usePage().store
  const { text, attachments } = turn
  const takeBack = (): void => conversations.takeBack(turn)
  return <WriteAgainButton chat={turn} said={async () => ({ text, attachments })} onEdit={takeBack} />
}

function Attached({ attachment: { url, name, type } }: { attachment: Attachment }): VNode {
  if (type.startsWith('image/')) return <Picture url={url} name={name} />
  return (
    <p class="file">
      <FileIcon /> {name}
    </p>
  )
}

function Stored({ file: { name, address, isPicture } }: { file: StoredFile }): VNode {
  if (isPicture) return <Picture url={address} name={name} />
  return (
    <a class="file" href={address} download={name}>
      <FileIcon /> {name}
    </a>
  )
}

type Progress = 'waiting' | 'sent' | undefined

/** How far it got. Once it is answered the answer says so. */
function progressOf(turn: Turn | undefined): Progress {
  const name = turn?.state.name
  if (name === 'waiting' || name === 'locating') return 'waiting'
  return name === 'sent' || name === 'answering' ? 'sent' : undefined
}

/** The time, at the last of a group; and what is still open, at each. */
function Foot({ row, progress }: { row: BubbleRow; progress?: Progress }): VNode | null {
  const words = useWords()
  const times = useTimes()
  if (!row.last && !progress) return null
  return (
    <p class="foot">
      {row.last && <time dateTime={row.at}>{times.timeOfDay(row.at)}</time>}
      {progress === 'sent' && (
        <span class="sent" title={words.sent}>
          <CheckIcon />
          <span class="visually-hidden">{words.sent}</span>
        </span>
      )}
      {progress === 'waiting' && (
        <span class="waiting">
          <ClockIcon /> {words.waiting}
        </span>
      )}
    </p>
  )
}

const corners = ({ first, last }: BubbleRow): string => `${first ? 'first' : ''} ${last ? 'last' : ''}`
