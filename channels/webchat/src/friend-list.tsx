import { type Signal, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { Avatar } from './avatar.tsx'
import { isComposing } from './composing.ts'
import { usePage, useTimes, useWords } from './context.ts'
import { ClockIcon, PlugIcon, SearchIcon, SettingsIcon } from './icons.tsx'
import { IdentityPicker, Self } from './identity-picker.tsx'
import { isThere } from './people.ts'
import { presenceOf } from './presence.ts'
import { SearchResults } from './search-results.tsx'
import { SETTINGS } from './pages.tsx'
import { addressOf, addressOfPage } from './router.ts'
import { SYSTEM } from './turn.ts'

/** System and the friends, and who the person is. @param open the partner whose chat is open @param isPage nothing else is shown */
export function FriendList({ open, isPage }: { open: string | undefined; isPage: boolean }): VNode {
  const { store } = usePage()
  const words = useWords()
  const Title = isPage ? 'h1' : 'h2'
  const text = useSignal('')
  const wanted = text.value.trim()
  const partners = [SYSTEM, ...store.people.companions.value.map(({ id }) => id)]
  return (
    <nav class="list" aria-label={words.chats}>
      <header class="bar">
        <Title class="title">{words.chats}</Title>
        <a
          class="tool"
          href={addressOfPage('reminders')}
          aria-label={words.reminders}
          title={words.reminders}
        >
          <ClockIcon />
        </a>
        {store.people.self.value === undefined && (
          <a class="tool" href={addressOfPage('plugins')} aria-label={words.plugins} title={words.plugins}>
            <PlugIcon />
          </a>
        )}
        <a class="tool" href={addressOfPage(SETTINGS)} aria-label={words.settings} title={words.settings}>
          <SettingsIcon />
        </a>
      </header>
      <SearchField text={text} />
      {wanted ? (
        <SearchResults text={wanted} />
      ) : (
        <ul class="rows">
          {partners.map((partner) => (
            <FriendRow key={partner} partner={partner} isOpen={partner === open} />
          ))}
        </ul>
      )}
      {store.people.self.value === undefined ? <IdentityPicker /> : <Self />}
    </nav>
  )
}

function SearchField({ text }: { text: Signal<string> }): VNode {
  const words = useWords()
  return (
    <search class="search">
      <SearchIcon />
      <input
        type="search"
        value={text.value}
        placeholder={words.search}
        aria-label={words.searchChats}
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !isComposing(event)) text.value = ''
        }}
      />
    </search>
  )
}

function FriendRow({ partner, isOpen }: { partner: string; isOpen: boolean }): VNode {
  const { people, drafts } = usePage().store
  const words = useWords()
  const times = useTimes()
  const chat = { user: people.user.value, partner }
  const companion = people.companion(partner)
  const name = people.nameOf(partner)
  const last = people.preview(chat)
  const unread = people.unread(chat)
  const draft = isOpen ? '' : drafts.of(chat).text.value.trim()
  const presence = companion && !isThere(companion) ? presenceOf(companion, words) : ''
  return (
    <li>
      <a class="row" href={addressOf(partner)} aria-current={isOpen ? 'page' : undefined}>
        <Avatar id={partner} name={name} online={companion !== undefined && isThere(companion)} />
        <span class="row-name">{name}</span>
        {last && (
          <time class="row-time" dateTime={last.at} title={times.fullTime(last.at)}>
            {times.listTime(last.at)}
          </time>
        )}
        {unread > 0 && !isOpen && (
          <span class="row-unread" aria-label={words.unread(times.count(unread))} role="img">
            {times.count(unread)}
          </span>
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
      <span class="row-draft">{useWords().draft}</span> {oneLine(text)}
    </>
  )
}

function LastLine({ last }: { last: { role: string; text: string } | undefined }): VNode {
  const words = useWords()
  if (!last) return <span>{words.nothingSaid}</span>
  const text = oneLine(last.text) || words.pictureOrFile
  return <>{last.role === 'user' ? words.youSaid(text) : text}</>
}

/** Enough for one line, without the marks of Markdown that would only be noise in it. */
const oneLine = (text: string): string =>
  text
    .slice(0, 300)
    .replaceAll(/[`*#>|]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
