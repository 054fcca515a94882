import type { VNode } from 'preact'
import { useStore, useTimes, useWords } from './context.ts'
import { BackIcon, NextIcon } from './icons.tsx'
import { Tool } from './tool.tsx'
import type { ChatId } from './turn.ts'
import type { Versions } from './versions.ts'

/** Which of the versions of an exchange is shown, and the way to the others. The one that is shown is the one that counts. */
export function VersionPicker({ chat, versions }: { chat: ChatId; versions: Versions }): VNode {
  const { conversations, announcer } = useStore()
  const words = useWords()
  const times = useTimes()
  const { root, exchanges, at } = versions
  const place = (index: number): [string, string] => [times.count(index + 1), times.count(exchanges.length)]

  function go(to: number): void {
    const exchange = exchanges[to]
    if (exchange === undefined) return
    void conversations.choose(chat, root, exchange)
    announcer.say(words.version(...place(to)))
  }

  return (
    <div class="versions" role="group" aria-label={words.version(...place(at))}>
      <Tool label={words.versionBefore} isOff={at === 0} onPress={() => go(at - 1)}>
        <BackIcon />
      </Tool>
      <span aria-hidden="true">{place(at).join(' / ')}</span>
      <Tool label={words.versionAfter} isOff={at === exchanges.length - 1} onPress={() => go(at + 1)}>
        <NextIcon />
      </Tool>
    </div>
  )
}
