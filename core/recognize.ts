import { hash } from 'node:crypto'
import type { InboundMessage } from '#contract'
import { SYSTEM } from './chats/chats.ts'
import type { CompanionConfig } from './config/schema.ts'
import { problem } from './errors.ts'
import type { Caller } from './http/env.ts'
import { chooseResponder } from './route.ts'
import { assertMayWriteAs } from './users/rights.ts'
import { timeOrderedId } from './time-ordered-id.ts'
import type { Person, Users } from './users/users.ts'

/** One message, once it is known who wrote it and who answers. */
export interface Turn {
  /** What everybody calls it: the same when the message comes again, before and after a crash; cannot be guessed. */
  readonly id: string
  readonly message: InboundMessage
  readonly person: Person
  /** Undefined: System answers. */
  readonly companion: CompanionConfig | undefined
  /** `system` or the companion's id. */
  readonly partner: string
  /** The text without the address. */
  readonly text: string
  /** Tells a message that is sent again from another one with the same id; keyed, so that no word can be guessed from it. */
  readonly hash: string
  /** Whether Core keeps this chat; else its plugin does (uncombined companion, design section 6). */
  readonly kept: boolean
}

export interface RecognizeParts {
  readonly users: Users
  readonly companions: () => readonly CompanionConfig[]
  /** Keeps the words from being guessed from their hash. */
  readonly secret: string
}

/** Who writes, who answers, and whether the caller may write as that person. @throws Problem */
export function recognize(parts: RecognizeParts, message: InboundMessage, caller: Caller): Turn {
  if (!message.text.trim() && message.images.length + message.files.length === 0) {
    throw problem('message_invalid', 'text is empty and nothing is attached')
  }
  const person = parts.users.identify(message)
  assertMayWriteAs(caller, person, message)
  const own = person.kind === 'user' ? person.user.keywords : {}
  const { companion, text } = chooseResponder(message, parts.companions(), own)
  const partner = companion?.id ?? SYSTEM
  return {
    id: idOf(parts.secret, person, partner, message),
    message,
    person,
    companion,
    partner,
    text,
    hash: hashOf(parts.secret, [
      message.text,
      String(message.images.length),
      ...message.images,
      ...message.files,
    ]),
    kept: companion === undefined || person.kind === 'user',
  }
}

/**
 * A message that may come again has an id that follows from who sent it (the person, the channel, and the id as it was
 * sent), to whom, and what they call it: a UUID of version 8 (RFC 9562).
 */
function idOf(secret: string, person: Person, partner: string, message: InboundMessage): string {
  const { message_id, channel_name, user_id } = message
  if (message_id === undefined) return timeOrderedId(Date.now())
  const hex = hash('sha256', JSON.stringify([secret, person.id, channel_name, user_id, partner, message_id]))
  const variant = '89ab'[Number.parseInt(hex[16] ?? '', 16) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const hashOf = (secret: string, said: readonly string[]): string =>
  hash('sha256', [secret, ...said].map((piece) => `${piece.length} ${piece}`).join(''), 'base64url')
