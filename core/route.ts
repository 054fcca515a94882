import type { InboundMessage } from '#contract'
import type { CompanionConfig } from './config/schema.ts'

/** Who answers a message, and what of its text is meant for them. */
export interface Route {
  /** Undefined: System. */
  readonly companion: CompanionConfig | undefined
  /** The text without the address ("Veda, …"); the whole text when nothing else is left. */
  readonly text: string
}

type Signals = Pick<InboundMessage, 'conversation_type' | 'session_id' | 'channel_name' | 'user_id' | 'text'>

const GREETINGS = ['hi', 'hey', 'hello']
const SEPARATORS = /^[\s,;:.!?…，、：；！？。–—-]+/u
const LETTER = /^[\p{L}\p{M}]/u

/**
 * Decides who answers (design section 6): a signal of the client, else the channel or identity a companion is bound
 * to, else a keyword that the text begins with. Pure.
 * @param ownKeywords the sender's own names for companions, by companion id (user.yml)
 */
export function chooseResponder(
  message: Signals,
  companions: readonly CompanionConfig[],
  ownKeywords: Readonly<Record<string, string>> = {},
): Route {
  const enabled = companions.filter((companion) => companion.enabled)
  const signalled = bySignal(message, enabled) ?? byChannel(message, enabled)
  return signalled
    ? { companion: signalled, text: message.text }
    : byKeyword(message.text, enabled, ownKeywords)
}

function bySignal(message: Signals, companions: readonly CompanionConfig[]): CompanionConfig | undefined {
  const signals = [message.conversation_type, message.session_id, message.channel_name].map((signal) =>
    fold(signal ?? ''),
  )
  return companions.find((companion) => signals.includes(fold(companion.session_id_value)))
}

function byChannel(message: Signals, companions: readonly CompanionConfig[]): CompanionConfig | undefined {
  const origins = [message.channel_name, `${message.channel_name}:${message.user_id}`, message.user_id].map(
    fold,
  )
  return companions.find((companion) => companion.channels.some((channel) => origins.includes(fold(channel))))
}

function byKeyword(
  text: string,
  companions: readonly CompanionConfig[],
  own: Readonly<Record<string, string>>,
): Route {
  const names = companions
    .flatMap((companion) => [companion.keyword, own[companion.id]].map((keyword) => ({ companion, keyword })))
    .filter((name): name is { companion: CompanionConfig; keyword: string } => name.keyword !== undefined)
    .sort((a, b) => b.keyword.length - a.keyword.length)
  const [first] = companions
  const addresses = [
    ...names.flatMap(({ companion, keyword }) =>
      addressesOf(keyword).map((address) => ({ companion, address })),
    ),
    ...(first ? [{ companion: first, address: ['/companion'] }] : []),
  ]
  const words = text.trim().normalize('NFC')
  for (const { companion, address } of addresses) {
    const rest = afterAddress(words, address)
    if (rest !== undefined) return { companion, text: rest || words }
  }
  return { companion: undefined, text }
}

/** The ways to address somebody, each as the words that must stand at the beginning. */
const addressesOf = (keyword: string): string[][] => [
  [keyword],
  ...GREETINGS.map((greeting) => [greeting, keyword]),
  [`/${keyword}`],
  ['talk', 'to', keyword],
]

/** What follows the address, or undefined when the text does not begin with it. */
function afterAddress(text: string, address: readonly string[]): string | undefined {
  let rest: string | undefined = text
  for (const [at, word] of address.entries()) {
    if (at > 0 && !SEPARATORS.test(rest)) return undefined
    rest = afterWord(at > 0 ? rest.replace(SEPARATORS, '') : rest, word)
    if (rest === undefined) return undefined
  }
  return rest.replace(SEPARATORS, '').trim()
}

/** The rest after `word`, which must be followed by the end or a non-letter. */
function afterWord(text: string, word: string): string | undefined {
  const { length } = Array.from(word.normalize('NFC'))
  const start = Array.from(text.slice(0, length * 2))
    .slice(0, length)
    .join('')
  const rest = text.slice(start.length)
  return fold(start) === fold(word) && !LETTER.test(rest) ? rest : undefined
}

/** How signals and keywords are compared; core.yml is checked by the same rule. */
export const fold = (text: string): string => text.trim().normalize('NFC').toLowerCase()
