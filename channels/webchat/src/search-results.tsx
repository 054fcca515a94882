import type { FoundMessage } from '#contract'
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { usePage, useTimes, useWords } from './context.ts'
import { addressOf } from './router.ts'
import { marked } from './search.ts'

/** Who types goes on typing: Core is asked when there is a pause, in ms. */
const PAUSE = 200

/** What was said in any chat of the person and has these words in it. */
export function SearchResults({ text }: { text: string }): VNode {
  const { store } = usePage()
  const words = useWords()
  const found = useFound(text)
  useEffect(() => {
    if (found)
      store.announcer.say(found.length > 0 ? words.foundCount(found.length) : words.foundNothing(text))
  }, [found])
  if (!found) return <p class="search-note">{words.checking}</p>
  if (found.length === 0) return <p class="search-note">{words.foundNothing(text)}</p>
  return (
    <ul class="rows" aria-label={words.messages}>
      {found.map((message) => (
        <FoundRow key={`${message.partner} ${message.seq}`} message={message} text={text} />
      ))}
    </ul>
  )
}

function useFound(text: string): readonly FoundMessage[] | undefined {
  const { search, people } = usePage().store
  const user = people.user.value
  const found = useSignal<{ text: string; messages: readonly FoundMessage[] } | undefined>(undefined)
  useEffect(() => {
    let isLate = false
    const show = (messages: readonly FoundMessage[]): void => {
      if (!isLate) found.value = { text, messages }
    }
    const asking = setTimeout(() => {
      search(user, text).then(show, () => show([]))
    }, PAUSE)
    return () => {
      isLate = true
      clearTimeout(asking)
    }
  }, [text, user])
  return found.value?.messages
}

function FoundRow({ message, text }: { message: FoundMessage; text: string }): VNode {
  const { people } = usePage().store
  const words = useWords()
  const times = useTimes()
  const name = people.nameOf(message.partner)
  const line = marked(message.text, text)
  return (
    <li>
      <a class="row" href={addressOf(message.partner, message.seq)}>
        <Avatar id={message.partner} name={name} />
        <span class="row-name">{name}</span>
        <time class="row-time" dateTime={message.at} title={times.fullTime(message.at)}>
          {times.listTime(message.at)}
        </time>
        <span class="row-last">
          {message.role === 'user' && words.youSaid('')}
          {line.map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}
        </span>
      </a>
    </li>
  )
}
