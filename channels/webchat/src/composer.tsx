import { useSignal } from '@preact/signals'
import type { ComponentChildren, TargetedClipboardEvent, TargetedKeyboardEvent, VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { pack } from './attachments.ts'
import { isComposing } from './composing.ts'
import { useStore, useWords } from './context.ts'
import { editLast, endEditing } from './editing.ts'
import { AttachIcon, CloseIcon, FileIcon, PlaceIcon, SendIcon, StopIcon } from './icons.tsx'
import { LocationNotice } from './location-notice.tsx'
import { Thumbnail } from './picture.tsx'
import { type Attachment, type ChatId, isOnItsWay } from './turn.ts'

/** A finger writes: Return makes a line, and focus would only bring up the keyboard. */
const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches

/** Where the person writes. What is in it belongs to this chat and this identity. */
export function Composer({ id }: { id: ChatId }): VNode {
  const { drafts, conversations, people } = useStore()
  const words = useWords()
  const draft = drafts.of(id)
  const { text, attachments, editing } = draft
  const box = useRef<HTMLTextAreaElement>(null)
  const problem = useSignal('')
  const name = people.nameOf(id.partner)
  const isEmpty = !text.value.trim() && attachments.value.length === 0

  useEffect(() => {
    if (!isTouch()) box.current?.focus()
  }, [])
  useLayoutEffect(() => {
    if (box.current) fitHeight(box.current)
  }, [text.value])

  async function attach(files: readonly File[]): Promise<void> {
    const packed = await pack(files, attachments.value, words)
    problem.value = packed.problem ?? ''
    attachments.value = [...attachments.value, ...packed.added]
  }

  function send(): void {
    const written = { text: text.value.trim(), attachments: attachments.value }
    if (!written.text && written.attachments.length === 0) return
    const signal = people.companion(id.partner)?.session_id_value
    void conversations.send(id, { ...written, signal, replaces: editing.value?.replaces })
    endEditing(draft)
    problem.value = ''
    drafts.flush()
    box.current?.focus()
  }

  function onKeyDown(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key === 'Escape' && editing.value && !isComposing(event)) return endEditing(draft)
    if (event.key === 'ArrowUp' && isEmpty) return void editLast(draft, id, conversations.chat(id).peek())
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || isTouch()) return
    event.preventDefault()
    send()
  }

  function onPaste(event: TargetedClipboardEvent<HTMLTextAreaElement>): void {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length === 0) return
    event.preventDefault()
    void attach(files)
  }

  return (
    <DropArea onFiles={attach}>
      {editing.value && <EditingLine onCancel={() => endEditing(draft)} />}
      <Attachments
        attachments={attachments.value}
        onRemove={(gone) => (attachments.value = attachments.value.filter((kept) => kept !== gone))}
      />
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <LocationNotice />
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <AttachButton onFiles={attach} />
        <LocationToggle />
        <textarea
          id="composer"
          ref={box}
          rows={1}
          value={text.value}
          placeholder={words.writeTo(name)}
          aria-label={words.writeTo(name)}
          autoCapitalize="sentences"
          enterkeyhint={isTouch() ? 'enter' : 'send'}
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {isEmpty && <StopButton id={id} />}
        <button type="submit" class="send" aria-label={words.send} disabled={isEmpty}>
          <SendIcon />
        </button>
      </form>
    </DropArea>
  )
}

function EditingLine({ onCancel }: { onCancel: () => void }): VNode {
  const words = useWords()
  return (
    <p class="hint" role="status">
      {words.editing}
      <button type="button" class="quiet" onClick={onCancel}>
        {words.cancel}
      </button>
    </p>
  )
}

/** Ends the answer that is on its way. */
function StopButton({ id }: { id: ChatId }): VNode | null {
  const { conversations, connected } = useStore()
  const words = useWords()
  const turn = conversations.chat(id).value.turns.find(isOnItsWay)
  if (!turn || !connected.value) return null
  return (
    <button type="button" class="tool stop" aria-label={words.stop} onClick={() => conversations.stop(turn)}>
      <StopIcon />
    </button>
  )
}

/** From one line to eight, then it scrolls. Newer browsers do it by `field-sizing` alone. */
function fitHeight(box: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight}px`
}

interface DropProps {
  onFiles: (files: readonly File[]) => void
  children: ComponentChildren
}

function DropArea({ onFiles, children }: DropProps): VNode {
  const over = useSignal(false)
  return (
    <div
      class={`write ${over.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault()
        over.value = false
        onFiles([...(event.dataTransfer?.files ?? [])])
      }}
    >
      {children}
    </div>
  )
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }): VNode {
  const words = useWords()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" class="tool" aria-label={words.attach} onClick={() => input.current?.click()}>
        <AttachIcon />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={words.filesToAttach}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
    </>
  )
}

interface AttachmentsProps {
  attachments: readonly Attachment[]
  onRemove: (attachment: Attachment) => void
}

function Attachments({ attachments, onRemove }: AttachmentsProps): VNode | null {
  const words = useWords()
  if (attachments.length === 0) return null
  return (
    <ul class="attachments" aria-label={words.attached}>
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          {attachment.type.startsWith('image/') ? (
            <Thumbnail url={attachment.url} name={attachment.name} />
          ) : (
            <span class="file">
              <FileIcon /> {attachment.name}
            </span>
          )}
          <button
            type="button"
            aria-label={words.remove(attachment.name)}
            onClick={() => onRemove(attachment)}
          >
            <CloseIcon />
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Off until pressed; the press is when the browser asks. */
function LocationToggle(): VNode {
  const { sharing } = useStore()
  const words = useWords()
  const isOn = sharing.on.value
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={isOn}
      aria-label={words.shareLocation}
      title={isOn ? words.locationGoes : words.shareLocation}
      onClick={() => sharing.turn(!isOn)}
    >
      <PlaceIcon />
    </button>
  )
}
