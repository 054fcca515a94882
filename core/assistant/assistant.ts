import type { FoundMemory, Reply, Why } from '#contract'
import type { Person } from '../users/users.ts'

/** Everything System knows when it answers one message. */
export interface Question {
  readonly turn_id: string
  /** How the client knows the message. */
  readonly message_id: string
  readonly person: Person
  readonly app_id: string
  /** The channel the message came through. */
  readonly channel_name: string
  readonly text: string
  /** Names of the files that came with it, as they lie in the person's workspace. */
  readonly files: readonly string[]
  /** Answered exchanges before this one, newest last. */
  readonly history: readonly { role: 'user' | 'assistant'; text: string; at: string }[]
  readonly memories: readonly FoundMemory[]
  /** What the person's own files say, with file and place as the source. */
  readonly passages: readonly FoundMemory[]
  readonly location: { text: string; at: string } | undefined
}

/** System, the main assistant. */
export interface Assistant {
  /**
   * Runs model and tools until there is an answer; `onText` sees its words as they come.
   * @throws Problem `model_failed`
   */
  answer(
    question: Question,
    options: { onText?: ((text: string) => void) | undefined; signal: AbortSignal },
  ): Promise<
    Pick<Reply, 'text' | 'format' | 'images' | 'ui'> & {
      /**
       * What was said is not to be remembered: a memory of it was deleted, or it was a wish that a plugin fulfilled where no
       * language model tells wishes from statements.
       */
      forgot: boolean
      /** What was run for it, in order. */
      tools: Why['tools']
    }
  >
}
