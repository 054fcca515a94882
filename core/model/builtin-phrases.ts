import data from './builtin-phrases.json' with { type: 'json' }

/** What builtin can say. `{…}` is filled in; System and personas share it, except where said. */
export interface Phrases {
  readonly greeting: string
  readonly wellBeing: string
  readonly thanks: string
  readonly okay: string
  readonly goodbye: string
  readonly goodNight: string
  readonly name: string
  /** System, about a statement. */
  readonly noted: string
  /** A persona, about a statement. */
  readonly kept: string
  readonly files: string
  readonly recalled: string
  readonly earlier: string
  /** What does not hold any more. */
  readonly ended: string
  readonly known: string
  readonly unknown: string
  /** When nothing can be remembered either. */
  readonly noIdea: string
  readonly forgotten: string
  readonly nothingToForget: string
  readonly cannotForget: string
  /** A persona, to somebody who has not written for a while. */
  readonly firstWords: string
  readonly goodMorning: string
  /** Where there is no tool for it. */
  readonly reminders: string
  readonly reminderSet: string
  readonly reminderRepeats: string
  readonly reminderWhen: string
  readonly reminderPast: string
  /** What is sent when nobody said what. */
  readonly reminderText: string
  readonly remindersKnown: string
  readonly remindersNone: string
  readonly reminderGone: string
  readonly reminderUnknown: string
  /** Why a message comes that a person asked for; `reasonBy`: a plugin did. */
  readonly reasonReminder: string
  readonly reasonTask: string
  readonly reasonBy: string
  /** A day that is neither today nor yesterday, among other words. */
  readonly reasonDay: string
  readonly reasonLate: string
  readonly taskFailed: string
  /** After "not now". */
  readonly quiet: string
  /** About a request that takes a language model. */
  readonly cannot: string
  readonly time: string
  /** What a plugin still needs to know. */
  readonly ask: string
  readonly memoryOff: string
  readonly failed: string
  /** A persona, once per chat. */
  readonly noModel: string
  /** System, once per chat. */
  readonly howTo: string
}

/** Says a phrase in the language and the tone of the prompt. */
export type Say = (key: keyof Phrases, values?: Readonly<Record<string, string>>) => string

export type Tone = 'friendly' | 'affectionate' | 'parent' | 'child'

interface Language {
  /** How a prompt may call it (`Answer in German.`), in lower case. */
  readonly names: readonly string[]
  readonly phrases: Phrases
  /** Where a character says it otherwise. `friendly` is how `phrases` sound. */
  readonly tones: Readonly<Partial<Record<Tone, Partial<Phrases>>>>
}

export type LanguageCode = keyof typeof data

export const languages: Readonly<Record<LanguageCode, Language>> = data

/** The code of a language by its code or by how a prompt may call it. */
export function languageNamed(text: string): LanguageCode | undefined {
  const wanted = text.trim().toLowerCase()
  const isCode = (code: string): code is LanguageCode => Object.hasOwn(languages, code)
  return Object.keys(languages)
    .filter(isCode)
    .find((code) => wanted === code || languages[code].names.some((name) => wanted.includes(name)))
}
