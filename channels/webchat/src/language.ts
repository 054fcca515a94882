import { type ReadonlySignal, computed, signal } from '@preact/signals'
import type { Storage } from './storage.ts'
import { type Times, createTimes } from './times.ts'
import en, { type Words } from './words/en.ts'

/** What language the page speaks. */
export interface Language {
  readonly words: ReadonlySignal<Words>
  readonly times: ReadonlySignal<Times>
  /** The code of a language, as the person chose it, or `AUTO`. */
  readonly choice: ReadonlySignal<string>
  /** All there are, each by its own name. */
  readonly all: readonly { readonly code: string; readonly name: string }[]
  /** Speaks what was chosen on an earlier visit, else what the browser's person reads. */
  start(): Promise<void>
  /** Remembered for the next visit. */
  choose(code: string): Promise<void>
}

/** As the browser. */
export const AUTO = 'auto'
const ENGLISH = 'en'

/** The files of `words/`: one for each language, fetched when it is spoken. */
const FILES = import.meta.glob<{ default: Words }>(['./words/*.ts', '!./words/en.ts', '!./words/*.test.ts'])
const LOADERS = new Map(
  Object.entries(FILES).map(([path, load]) => [path.replaceAll(/^.*\/|\.ts$/g, ''), load]),
)
const SPOKEN: readonly string[] = [ENGLISH, ...LOADERS.keys()]

/** Of the languages that a person reads, the dearest first, the first that the page speaks. */
export function bestOf(read: readonly string[], spoken: readonly string[]): string {
  return read.map((tag) => tag.split('-')[0] ?? '').find((code) => spoken.includes(code)) ?? ENGLISH
}

/** @param read BCP 47 tags of the browser */
export function createLanguage(storage: Storage, read: readonly string[]): Language {
  const choice = signal(storage.get('language') ?? AUTO)
  const words = signal(en)
  const code = signal(ENGLISH)

  async function speak(): Promise<void> {
    const wanted = SPOKEN.includes(choice.value) ? choice.value : bestOf(read, SPOKEN)
    words.value = (await LOADERS.get(wanted)?.())?.default ?? en
    code.value = wanted
    document.documentElement.lang = wanted
  }

  return {
    words,
    times: computed(() => createTimes(read.find((tag) => tag.split('-')[0] === code.value) ?? code.value)),
    choice,
    all: SPOKEN.map((each) => ({ code: each, name: ownName(each) })),
    start: speak,
    async choose(next) {
      choice.value = next
      storage.set('language', next)
      await speak()
    },
  }
}

/** The name of a language in that language. */
export function ownName(code: string): string {
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1)
}
