import type { Conversations } from './conversations.ts'
import type { Namespace } from './record.ts'
import { isTelling } from './words.ts'

/** What a search asks for. */
export interface Question {
  /** Without the names of those who speak in this namespace, unless nothing else is left: they say who, not what. */
  readonly text: string
  /** The only one whom it names. */
  readonly speaker: string | undefined
}

const NAMED = /[\p{L}\p{N}\p{M}]+(?:['’]s?(?!\p{L}))?/gu

export function readQuestion(conversations: Conversations, namespace: Namespace, text: string): Question {
  const speakers = new Map(
    conversations
      .speakers(namespace.id)
      .flatMap((speaker) => wordsOfName(speaker).map((word) => [word, speaker] as const)),
  )
  const named = new Set<string>()
  const rest = text.replaceAll(NAMED, (word) => {
    const speaker = speakers.get(fold(word))
    if (speaker === undefined) return word
    named.add(speaker)
    return ''
  })
  const [only] = named
  return { text: /[\p{L}\p{N}]/u.test(rest) ? rest : text, speaker: named.size === 1 ? only : undefined }
}

const wordsOfName = (name: string): string[] =>
  (name.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).map(fold).filter((word) => word.length > 1 && isTelling(word))

const fold = (word: string): string =>
  word
    .replace(/['’]s?$/u, '')
    .normalize('NFKC')
    .toLowerCase()
