/** Kinds of channel, as `permissions` of user.yml name them. */
export type Kind = 'IM' | 'EMAIL' | 'PHONE' | 'SMS'

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ...['email', 'e-mail', 'mail', 'gmail', 'outlook', 'imap', 'smtp'].map((name) => [name, 'EMAIL'] as const),
  ...['phone', 'call', 'tel', 'voice'].map((name) => [name, 'PHONE'] as const),
  ...['sms', 'mms'].map((name) => [name, 'SMS'] as const),
])

/** The kind of a channel by its name; whatever has no kind of its own is IM (WebChat, the Companion app, webhooks). */
export const kindOf = (channel: string): Kind => KINDS.get(fold(channel)) ?? 'IM'

interface Identities {
  readonly email: readonly string[]
  readonly im: readonly string[]
  readonly phone: readonly string[]
}

/** Every key under which these identities are found. Two users that share a key could be taken for each other. */
export function keysOf({ email, im, phone }: Identities): string[] {
  return [...im.flatMap(imKeys), ...email.map(emailKey), ...phone.map(phoneKey)]
}

/** The keys of whoever sends under this id through this channel, the surest first. */
export function keysOfSender(channel: string, sender: string): string[] {
  const [surest, ...others] = ownKeysOfSender(channel, sender)
  return [...(surest ? [surest] : []), imKey(sender), ...others]
}

/** The same without identities of other channels, which only somebody trusted may bring. */
export function ownKeysOfSender(channel: string, sender: string): string[] {
  const kind = kindOf(channel)
  const bare = withoutChannel(channel, sender)
  return [
    imKey(`${channel}:${sender}`),
    ...(kind === 'EMAIL' ? [emailKey(bare)] : []),
    ...(kind === 'PHONE' || kind === 'SMS' ? [phoneKey(bare)] : []),
  ]
}

/** Every bare id under which a bridge could send a person with these identities, in the form of `sendableId`. */
export const sendableIds = (identities: Identities): string[] => [
  ...identities.im.flatMap(bordersOf).map(([, sender]) => imKey(sender)),
  ...keysOf(identities),
]

/** An id in the forms in which `sendableIds` has them. */
export const sendableId = (id: string): string[] => [imKey(id), emailKey(id), phoneKey(id)]

/**
 * `telegram:42` is also found as `telegram_42`, and as either of them sent through the channel telegram. Where only
 * `_` stands, any of them may be the border: `whatsapp_web_42` is also `whatsapp:web_42` and `whatsapp_web:42`.
 */
const imKeys = (entry: string): string[] =>
  bordersOf(entry)
    .flatMap(([channel, sender]) => {
      const written = [`${channel}:${sender}`, `${channel}_${sender}`]
      return [...written, ...written.map((identity) => `${channel}:${identity}`)]
    })
    .map(imKey)

/** Channel and sender; every way to see them where no `:` stands. */
const bordersOf = (entry: string): [string, string][] =>
  entry.includes(':')
    ? [[entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)]]
    : Array.from(entry.matchAll(/_/g), ({ index }) => [entry.slice(0, index), entry.slice(index + 1)])

const imKey = (identity: string): string => `im ${fold(identity)}`
const emailKey = (address: string): string => `email ${fold(address)}`

/** Digits behind a `+`. A sender with letters in it (as SMS allows) is a name, not a number. */
function phoneKey(number: string): string {
  if (/[^\d\s()+./-]/.test(number)) return `name ${number}`
  return `phone +${number.replaceAll(/\D/g, '').replace(/^00/, '')}`
}

function withoutChannel(channel: string, sender: string): string {
  const prefix = sender.slice(0, channel.length + 1)
  const isPrefix = /[:_]$/.test(prefix) && fold(prefix.slice(0, -1)) === fold(channel)
  return isPrefix ? sender.slice(prefix.length) : sender
}

/** ASCII only: further folding would make look-alikes (the Kelvin sign, a dotless i) the same person. */
const fold = (text: string): string => text.trim().replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
