import type { User } from '../config/schema.ts'

/** Who a message is from, once Core knows. */
export type Person =
  /** The Companion app with nobody picked: the special user `companion`. */
  | { readonly kind: 'companion'; readonly id: 'companion'; readonly name: string }
  /** A user of user.yml: the app combined with them, or they write through a bridge. */
  | { readonly kind: 'user'; readonly id: string; readonly name: string; readonly user: User }

/** What `users.identify` needs to know of a message. */
export interface Sender {
  readonly user_id: string
  readonly user_name?: string | undefined
  readonly channel_name: string
}

export interface Users {
  /** The users of user.yml in its order. */
  list(): readonly User[]
  get(id: string): User | undefined
  /** Whom a person means who types an id or a name, in any case; undefined when nobody or several could be meant. */
  named(idOrName: string): User | undefined
  /**
   * A user id, else an identity listed in user.yml, else `<channel_name>:<user_id>` (design section 7).
   * @throws Problem `sender_unknown`, `sender_not_permitted`
   */
  identify(sender: Sender): Person
}
