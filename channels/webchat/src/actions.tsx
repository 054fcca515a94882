import type { Why } from '#contract'
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { copyText } from './clipboard.ts'
import { usePage, useStore, useWords } from './context.ts'
import { AgainIcon, CheckIcon, CopyIcon, EditIcon, WhyIcon } from './icons.tsx'
import { type Attachment, type ChatId, isKeptByPlugin } from './turn.ts'
import { WhyPanel } from './why-panel.tsx'

const SHOWN = 2_000

interface Props {
  readonly chat: ChatId
  readonly text: string
}

/** What can be done with what the person wrote. */
export function OwnActions({ chat, text }: Props): VNode {
  return (
    <div class="actions-bar">
      <CopyButton text={text} />
      <EditButton chat={chat} text={text} attachments={[]} isIcon />
    </div>
  )
}

/**
 * What can be done with an answer, and what it rests on.
 * @param asked what it answers, where asking again makes sense
 */
export function TheirActions(props: Props & { why: Why | undefined; asked: string | undefined }): VNode {
  const { chat, text, why, asked } = props
  const isOpen = useSignal(false)
  const words = useWords()
  return (
    <>
      <div class="actions-bar">
        <CopyButton text={text} />
        {asked && <AgainButton chat={chat} text={asked} />}
        {why && (
          <button
            type="button"
            class="tool small"
            aria-label={words.whyThis}
            title={words.whyThis}
            aria-expanded={isOpen.value}
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <WhyIcon />
          </button>
        )}
      </div>
      {why && isOpen.value && <WhyPanel user={chat.user} why={why} keepsMemories={!isKeptByPlugin(chat)} />}
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
    <button type="button" class="tool small" aria-label={words.copy} title={words.copy} onClick={copy}>
      {isCopied.value ? <CheckIcon /> : <CopyIcon />}
    </button>
  )
}

/** Asks the same anew: what was answered before stays where it is. */
function AgainButton({ chat, text }: Props): VNode {
  const { conversations, people } = useStore()
  const words = useWords()
  function ask(): void {
    const signal = people.companion(chat.partner)?.session_id_value
    void conversations.send(chat, { text, attachments: [], signal })
  }
  return (
    <button
      type="button"
      class="tool small"
      aria-label={words.regenerate}
      title={words.regenerate}
      onClick={ask}
    >
      <AgainIcon />
    </button>
  )
}

interface EditProps extends Props {
  readonly attachments: readonly Attachment[]
  readonly onEdit?: () => void
  readonly isIcon?: boolean
}

/** Puts the words back into the composer, in front of what is there. */
export function EditButton({ chat, text, attachments, onEdit, isIcon = false }: EditProps): VNode {
  const { drafts } = usePage().store
  const words = useWords()
  function edit(): void {
    const draft = drafts.of(chat)
    draft.text.value = [text, draft.text.value].filter(Boolean).join('\n')
    draft.attachments.value = [...attachments, ...draft.attachments.value]
    onEdit?.()
    document.getElementById('composer')?.focus()
  }
  if (!isIcon) {
    return (
      <button type="button" class="quiet" onClick={edit}>
        {words.edit}
      </button>
    )
  }
  return (
    <button type="button" class="tool small" aria-label={words.edit} title={words.edit} onClick={edit}>
      <EditIcon />
    </button>
  )
}
