import { createHash } from 'node:crypto'
import type { InboundMessage } from '#contract'
import { SYSTEM } from './chats/chats.ts'
import type { CompanionConfig } from './config/schema.ts'
import { problem } from './errors.ts'
import type { Caller } from './http/env.ts'
import { chooseResponder } from './route.ts'
import { assertMayWriteAs } from './users/rights.ts'
import type { Person, Users } from './users/users.ts'

/** One message, once it is known who wrote it and who answers. */
export interface Turn {
  readonly message: InboundMessage
  readonly person: Person
  /** Undefined: System answers. */
  readonly companion: CompanionConfig | undefined
  /** `system` or the companion's id. */
  readonly partner: string
  /** The person, the channel, and the id as it was sent: what a message id belongs to. */
  readonly identity: string
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
  return {
    message,
    person,
    companion,
    partner: companion?.id ?? SYSTEM,
    identity: JSON.stringify([person.id, message.channel_name, message.user_id]),
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

/** Piece by piece: attachments are large. */
function hashOf(secret: string, said: readonly string[]): string {
  const hash = createHash('sha256').update(secret)
  for (const piece of said) hash.update(`${piece.length} `).update(piece)
  return hash.digest('base64url')
}
