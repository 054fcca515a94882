import { type Signal, effect, signal } from '@preact/signals'
import type { Storage } from './storage.ts'
import { type Attachment, type ChatId, chatKey } from './turn.ts'

/** What is being written in one chat as one identity. */
export interface Draft {
  readonly text: Signal<string>
  /** Only as long as the page is open. */
  readonly attachments: Signal<readonly Attachment[]>
  /** What was said last is being changed. */
  readonly editing: Signal<Editing | undefined>
}

export interface Editing {
  /** The turn that gets another version. */
  readonly replaces: string
  /** What was being written before. */
  readonly former: { readonly text: string; readonly attachments: readonly Attachment[] }
}

/** What was typed and not sent; never in another chat, never as somebody else. What was sent lies in the outbox. */
export interface Drafts {
  of(chat: ChatId): Draft
  /** Stores what was typed in the last moments; for when the page may go away. */
  flush(): void
}

const PAUSE = 300

const keyOf = (chat: ChatId): string => `draft.${chatKey(chat)}`

export function createDrafts(storage: Storage): Drafts {
  const drafts = new Map<string, Draft>()
  const unsaved = new Map<string, string>()
  let saving: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    clearTimeout(saving)
    for (const [key, text] of unsaved) {
      if (text.trim()) storage.set(key, text)
      else storage.remove(key)
    }
    unsaved.clear()
  }

  function keepStored(key: string, text: Signal<string>): void {
    let known = text.value
    effect(() => {
      if (text.value === known) return
      known = text.value
      unsaved.set(key, known)
      clearTimeout(saving)
      saving = setTimeout(flush, PAUSE)
    })
  }

  return {
    of(chat) {
      const key = keyOf(chat)
      const found = drafts.get(key)
      if (found) return found
      const made: Draft = {
        text: signal(storage.get(key) ?? ''),
        attachments: signal([]),
        editing: signal(undefined),
      }
      drafts.set(key, made)
      keepStored(key, made.text)
      return made
    },
    flush,
  }
}
