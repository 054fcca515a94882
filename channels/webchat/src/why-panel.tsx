import type { Why } from '#contract'
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useStore, useTimes, useWords } from './context.ts'

/** The best come first; more of them explain nothing. */
const SHOWN = 5

interface Props {
  readonly user: string
  readonly why: Why
  /** Core's memory was asked: the companion's own is not known here. */
  readonly keepsMemories: boolean
}

/** Which memories an answer had before it, what was run for it, and how long it took. */
export function WhyPanel({ user, why, keepsMemories }: Props): VNode {
  const words = useWords()
  const times = useTimes()
  const memories = useMemories(user, why.memories.slice(0, SHOWN))
  return (
    <div class="why">
      {keepsMemories && <p>{words.whyMemories(why.memories.length)}</p>}
      {memories.length > 0 && (
        <ul>
          {memories.map(({ id, text }) => (
            <li key={id}>{text}</li>
          ))}
        </ul>
      )}
      {why.tools.length > 0 && (
        <p>
          {words.whyTools}{' '}
          {why.tools.map(({ name, failed }, at) => (
            <code key={at}>{failed ? `${name} (${words.toolFailed})` : name}</code>
          ))}
        </p>
      )}
      <p>{words.whyTook(times.seconds(why.ms))}</p>
    </div>
  )
}

/** What was forgotten since is not told any more. */
function useMemories(user: string, ids: readonly string[]): readonly { id: string; text: string }[] {
  const { mine } = useStore()
  const found = useSignal<readonly { id: string; text: string }[]>([])
  useEffect(() => {
    async function look(): Promise<void> {
      const asked = ids.map(async (id) => ({ id, text: await mine.memory(user, id) }))
      const results = await Promise.allSettled(asked)
      found.value = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    }
    void look()
  }, [])
  return found.value
}
