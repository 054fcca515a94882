import type { LanguageCode } from '../model/builtin-phrases.ts'

const NOT_NOW: readonly (readonly [LanguageCode, string])[] = [
  ['en', 'not now|not today|mute|stop writing first|leave me alone|niet nu'],
  ['de', 'nicht jetzt|jetzt nicht'],
  ['fr', 'pas maintenant'],
  ['es', 'ahora no'],
  ['it', 'non ora|adesso no'],
  ['pt', 'agora não'],
  ['ru', 'не сейчас'],
  ['zh', '现在不要'],
  ['ja', '今はやめて'],
  ['ko', '지금은 말고'],
  ['ar', 'ليس الآن'],
]

const languages = new Map(
  NOT_NOW.flatMap(([code, all]) => all.split('|').map((words) => [words, code] as const)),
)

/**
 * In which language a message says nothing but that nobody shall write first for a while; undefined when it says anything
 * else.
 */
export const saysNotNow = (text: string): LanguageCode | undefined =>
  text.length > 60
    ? undefined
    : languages.get(
        text
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{M}]+/gu, ' ')
          .trim(),
      )
