import { attachAgain } from './attachments.ts'
import type { Chat } from './chat.ts'
import type { Draft } from './drafts.ts'
import { type BubbleRow, rowsOf } from './rows.ts'
import { storedFiles } from './stored-files.ts'
import type { Attachment, ChatId } from './turn.ts'
import { rootIn } from './versions.ts'

/** What somebody said. */
export interface Said {
  readonly text: string
  readonly attachments: readonly Attachment[]
}

/** Reads what a row says, to be sent again. Rejects with a TypeError when Core, which has its files, is not there. */
export const saidIn =
  ({ text, turn, message }: BubbleRow, { user }: ChatId) =>
  async (): Promise<Said> => ({
    text,
    attachments: turn?.attachments ?? (await attachAgain(storedFiles(user, message?.files))),
  })

/** Puts it into the composer, in front of what is there. */
export function writeAgain(draft: Draft, { text, attachments }: Said): void {
  draft.text.value = [text, draft.text.value].filter(Boolean).join('\n')
  draft.attachments.value = [...attachments, ...draft.attachments.value]
}

/** Puts it into the composer to be said in another way; what is there waits meanwhile. */
export function beginEditing(draft: Draft, said: Said, replaces: string): void {
  const former = draft.editing.value?.former ?? {
    text: draft.text.value,
    attachments: draft.attachments.value,
  }
  draft.editing.value = { replaces, former }
  draft.text.value = said.text
  draft.attachments.value = said.attachments
}

/** The same with what was said last, if it was answered. */
export async function editLast(draft: Draft, id: ChatId, chat: Chat): Promise<void> {
  const last = rowsOf(chat).findLast((row): row is BubbleRow => row.kind === 'mine')
  const replaces = last?.isLastAsked && rootIn(last)
  if (last && replaces) beginEditing(draft, await saidIn(last, id)(), replaces)
}

/** It was said, or stays as it was: what was being written comes back. */
export function endEditing(draft: Draft): void {
  const { text, attachments } = draft.editing.value?.former ?? { text: '', attachments: [] }
  draft.editing.value = undefined
  draft.text.value = text
  draft.attachments.value = attachments
}

export const focusComposer = (): void => document.getElementById('composer')?.focus()
