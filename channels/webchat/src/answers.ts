import { type ReadonlySignal, type Signal, signal } from '@preact/signals'

/** The words of answers that are arriving, one text for each turn. */
export interface Answers {
  words(turnId: string): ReadonlySignal<string>
  grow(turnId: string, text: string): void
  /** The message is sent anew, so its answer begins anew. What is shown stays until the first new word. */
  startOver(turnId: string): void
  forget(turnId: string): void
}

interface Growing {
  readonly shown: Signal<string>
  arrived: string
  startsOver: boolean
}

/** @param nextFrame the words change at most once per picture */
export function createAnswers(nextFrame: (run: () => void) => void): Answers {
  const answers = new Map<string, Growing>()

  function growing(turnId: string): Growing {
    const found = answers.get(turnId)
    if (found) return found
    const made: Growing = { shown: signal(''), arrived: '', startsOver: false }
    answers.set(turnId, made)
    return made
  }

  return {
    words: (turnId) => growing(turnId).shown,
    grow(turnId, text) {
      const answer = growing(turnId)
      answer.arrived = answer.startsOver ? text : answer.arrived + text
      answer.startsOver = false
      nextFrame(() => {
        answer.shown.value = answer.arrived
      })
    },
    startOver(turnId) {
      growing(turnId).startsOver = true
    },
    forget: (turnId) => void answers.delete(turnId),
  }
}
