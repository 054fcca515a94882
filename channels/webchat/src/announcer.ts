import { type ReadonlySignal, signal } from '@preact/signals'
import type { Words } from './words/en.ts'

/** What a screen reader says without being asked. Streaming text is never part of it. */
export interface Announcer {
  readonly polite: ReadonlySignal<string>
  readonly assertive: ReadonlySignal<string>
  /** Says it when there is time. */
  say(text: string): void
  /** Says it at once: something of the person did not work. */
  alert(text: string): void
  /** Forgets what it said and was about to say: somebody else listens now. */
  hush(): void
}

/** Readers drop what follows too closely. */
const PAUSE = 400
/** Longer answers are read in the chat. */
const LONGEST = 500

/** The same words twice would be no change, and so be silent: a space that nobody hears makes them one. */
const heardAgain = (before: string, text: string): string => (before === text ? `${text}\u00a0` : text)

export function createAnnouncer(words: ReadonlySignal<Words>): Announcer {
  const polite = signal('')
  const assertive = signal('')
  const waiting: string[] = []
  let speaking: ReturnType<typeof setTimeout> | undefined

  function next(): void {
    const text = waiting.shift()
    speaking = text === undefined ? undefined : setTimeout(next, PAUSE)
    if (text !== undefined) polite.value = heardAgain(polite.value, text)
  }

  return {
    polite,
    assertive,
    say(text) {
      waiting.push(text.length > LONGEST ? words.value.moreInChat(text.slice(0, LONGEST)) : text)
      if (speaking === undefined) next()
    },
    alert(text) {
      assertive.value = heardAgain(assertive.value, text)
    },
    hush() {
      waiting.length = 0
      polite.value = assertive.value = ''
    },
  }
}
