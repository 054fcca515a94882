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
  const kind = kindOf(channel)
  const bare = withoutChannel(channel, sender)
  return [
    imKey(`${channel}:${sender}`),
    imKey(sender),
    ...(kind === 'EMAIL' ? [emailKey(bare)] : []),
    ...(kind === 'PHONE' || kind === 'SMS' ? [phoneKey(bare)] : []),
  ]
}

/** Whether a bridge could send this id and mean the person with these identities. */
export function couldBeSentAs(identities: Identities, id: string): boolean {
  const keys = keysOf(identities)
  const senders = identities.im.flatMap((entry) =>
    entry.includes(':') ? [after(entry, ':')] : tailsOf(entry),
  )
  return (
    senders.some((sender) => fold(sender) === fold(id)) ||
    [imKey(id), emailKey(id), phoneKey(id)].some((key) => keys.includes(key))
  )
}

/**
 * `telegram:42` is also found as `telegram_42`. Where only `_` stands, any of them may be the border:
 * `whatsapp_web_42` is also found as `whatsapp:web_42` and as `whatsapp_web:42`.
 */
function imKeys(entry: string): string[] {
  const written = entry.includes(':')
    ? [entry, entry.replace(':', '_')]
    : [entry, ...tailsOf(entry).map((tail) => `${entry.slice(0, -tail.length - 1)}:${tail}`)]
  return written.map(imKey)
}

/** What stands behind each `_`. */
function tailsOf(entry: string): string[] {
  const parts = entry.split('_')
  return parts.slice(1).map((_, at) => parts.slice(at + 1).join('_'))
}

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

const after = (text: string, mark: string): string => text.slice(text.indexOf(mark) + 1)

/** ASCII only: further folding would make look-alikes (the Kelvin sign, a dotless i) the same person. */
const fold = (text: string): string => text.trim().replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
