import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { RequestFailed } from './api.ts'
import { useWords } from './context.ts'
import { codeProblem } from './log-in.tsx'

/** Why something did not work; nothing when it did. */
export function Problem({ text }: { text: string }): VNode | null {
  return text ? (
    <p class="problem" role="alert">
      {text}
    </p>
  ) : null
}

/** Does what Core may refuse, and holds why it did. */
export function useAttempt(): { problem: string; attempt(work: () => Promise<void>): Promise<void> } {
  const words = useWords()
  const problem = useSignal('')
  return {
    problem: problem.value,
    async attempt(work) {
      problem.value = ''
      try {
        await work()
      } catch (error) {
        if (!(error instanceof RequestFailed)) throw error
        problem.value = codeProblem(error, words)
      }
    },
  }
}
