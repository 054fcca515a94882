import { type HistoryMessage, worthRemembering } from '#contract'
import type { Remembered } from './prompt.ts'

/**
 * Memories without those that only repeat what the model reads anyway: the message itself, or one in its history.
 * Best first, at most `limit`.
 */
export function notJustSaid(
  memories: readonly Remembered[],
  { text, history, limit }: { text: string; history: readonly HistoryMessage[]; limit: number },
): Remembered[] {
  const said = [text, ...history.map((message) => message.text)]
  const known = new Set(said.flatMap((words) => [words, worthRemembering(words) ?? '']).map(plain))
  return memories.filter(({ memory }) => !known.has(plain(memory))).slice(0, limit)
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
