import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { copyText } from './clipboard.ts'
import { useStore, useWords } from './context.ts'
import { beginEditing, focusComposer, saidIn, type Said, writeAgain } from './editing.ts'
import { AgainIcon, CheckIcon, CopyIcon, EditIcon, WhyIcon } from './icons.tsx'
import type { BubbleRow } from './rows.ts'
import { Tool } from './tool.tsx'
import { type ChatId, isKeptByPlugin } from './turn.ts'
import { rootIn } from './versions.ts'
import { WhyPanel } from './why-panel.tsx'

const SHOWN = 2_000

interface Props {
  readonly chat: ChatId
  readonly row: BubbleRow
}

/** What can be done with what the person wrote. */
export function OwnActions({ chat, row }: Props): VNode {
  return (
    <div class="actions-bar">
      {row.text && <CopyButton text={row.text} />}
      <EditButton chat={chat} row={row} />
    </div>
  )
}

/** What can be done with an answer, and what it rests on. */
export function TheirActions({ chat, row }: Props): VNode {
  const { text, asked, turn, message } = row
  const why = turn?.state.name === 'answered' ? turn.state.why : message?.why
  const isOpen = useSignal(false)
  const words = useWords()
  return (
    <>
      <div class="actions-bar">
        <CopyButton text={text} />
        {asked && <AgainButton chat={chat} row={asked} />}
        {why && (
          <Tool label={words.whyThis} isOpen={isOpen.value} onPress={() => (isOpen.value = !isOpen.value)}>
            <WhyIcon />
          </Tool>
        )}
      </div>
      {why && isOpen.value && (
        <WhyPanel key={row.exchange} user={chat.user} why={why} keepsMemories={!isKeptByPlugin(chat)} />
      )}
    </>
  )
}

function CopyButton({ text }: { text: string }): VNode {
  const { announcer } = useStore()
  const words = useWords()
  const isCopied = useSignal(false)

  async function copy(): Promise<void> {
    await copyText(text)
    announcer.say(words.copied)
    isCopied.value = true
    setTimeout(() => (isCopied.value = false), SHOWN)
  }

  return (
    <Tool label={words.copy} onPress={() => void copy()}>
      {isCopied.value ? <CheckIcon /> : <CopyIcon />}
    </Tool>
  )
}

/** Does something with what was said; without Core the files of it cannot be had. */
function useSaid(read: () => Promise<Said>, act: (said: Said) => void): () => void {
  const { announcer } = useStore()
  const words = useWords()
  return () => {
    read()
      .then(act)
      .catch(() => announcer.alert(words.coreAway))
  }
}

/** Asks the same anew: the answer is another version of this one. */
function AgainButton({ chat, row }: Props): VNode {
  const { conversations, people } = useStore()
  const words = useWords()
  const ask = useSaid(saidIn(row, chat), (said) => {
    const signal = people.companion(chat.partner)?.session_id_value
    void conversations.send(chat, { ...said, signal, replaces: rootIn(row) })
    focusComposer()
  })
  return (
    <Tool label={words.regenerate} onPress={ask}>
      <AgainIcon />
    </Tool>
  )
}

/** What was said last gets another version; what is further up can be said once more. */
function EditButton({ chat, row }: Props): VNode {
  const { drafts } = useStore()
  const words = useWords()
  const edit = useSaid(saidIn(row, chat), (said) => {
    const replaces = row.isLastAsked && rootIn(row)
    if (replaces) beginEditing(drafts.of(chat), said, replaces)
    else writeAgain(drafts.of(chat), said)
    focusComposer()
  })
  return (
    <Tool label={words.edit} onPress={edit}>
      <EditIcon />
    </Tool>
  )
}

interface WriteAgainProps {
  readonly chat: ChatId
  readonly said: () => Promise<Said>
  readonly onEdit?: () => void
}

/** Puts what got no answer back into the composer. */
export function WriteAgainButton({ chat, said, onEdit }: WriteAgainProps): VNode {
  const { drafts } = useStore()
  const words = useWords()
  const edit = useSaid(said, (said) => {
    writeAgain(drafts.of(chat), said)
    onEdit?.()
    focusComposer()
  })
  return (
    <button type="button" class="quiet" onClick={edit}>
      {words.edit}
    </button>
  )
}
