import type { VNode } from 'preact'
import { Avatar } from './avatar.tsx'
import { usePage } from './context.ts'
import { ClockIcon, PlugIcon } from './icons.tsx'
import { IdentityPicker } from './identity-picker.tsx'
import { isThere } from './people.ts'
import { presenceOf } from './presence.ts'
import { addressOf, type Pane, paneAddress } from './router.ts'
import { fullTime, listTime } from './times.ts'
import { SYSTEM } from './turn.ts'

/**
 * System and the friends, and who the person is.
 * @param open the partner whose chat is open
 * @param isBeside something else has the title of the page
 */
export function FriendList({ open, isBeside }: { open: string | undefined; isBeside: boolean }): VNode {
  const { store } = usePage()
  const Title = isBeside ? 'h2' : 'h1'
  const partners = [SYSTEM, ...store.people.companions.value.map(({ id }) => id)]
  return (
    <nav class="list" aria-label="Chats">
      <header class="bar">
        <Title class="title">Chats</Title>
        <PaneLink pane="reminders" name="Reminders">
          <ClockIcon />
        </PaneLink>
        <PaneLink pane="plugins" name="Plugins">
          <PlugIcon />
        </PaneLink>
      </header>
      <ul class="rows">
        {partners.map((partner) => (
          <FriendRow key={partner} partner={partner} isOpen={partner === open} />
        ))}
      </ul>
      <IdentityPicker />
    </nav>
  )
}

function PaneLink(props: { pane: Pane; name: string; children: VNode }): VNode {
  const { pane, name, children } = props
  const isOpen = usePage().router.pane.value === pane
  return (
    <a class="tool" href={paneAddress(pane)} aria-label={name} aria-current={isOpen ? 'page' : undefined}>
      {children}
    </a>
  )
}

function FriendRow({ partner, isOpen }: { partner: string; isOpen: boolean }): VNode {
  const { people, drafts } = usePage().store
  const chat = { user: people.user.value, partner }
  const companion = people.companion(partner)
  const name = people.nameOf(partner)
  const last = people.preview(chat)
  const draft = isOpen ? '' : drafts.of(chat).text.value.trim()
  const presence = companion && !isThere(companion) ? presenceOf(companion) : ''
  return (
    <li>
      <a class="row" href={addressOf(partner)} aria-current={isOpen ? 'page' : undefined}>
        <Avatar id={partner} name={name} online={companion !== undefined && isThere(companion)} />
        <span class="row-name">{name}</span>
        {last && (
          <time class="row-time" dateTime={last.at} title={fullTime(last.at)}>
            {listTime(last.at)}
          </time>
        )}
        <span class="row-last">
          {presence && <span class="row-presence">{presence}</span>}
          {draft ? <DraftLine text={draft} /> : <LastLine last={last} />}
        </span>
      </a>
    </li>
  )
}

function DraftLine({ text }: { text: string }): VNode {
  return (
    <>
      <span class="row-draft">Draft:</span> {oneLine(text)}
    </>
  )
}

function LastLine({ last }: { last: { role: string; text: string } | undefined }): VNode {
  if (!last) return <span>Nothing said yet</span>
  return (
    <>
      {last.role === 'user' && 'You: '}
      {oneLine(last.text) || 'Picture or file'}
    </>
  )
}

/** Enough for one line, without the marks of Markdown that would only be noise in it. */
const oneLine = (text: string): string =>
  text
    .slice(0, 300)
    .replaceAll(/[`*#>|]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
