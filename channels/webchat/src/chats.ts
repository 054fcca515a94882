import { type Signal, signal } from '@preact/signals'
import { type Chat, emptyChat, withTurn, withTurnChanged, withoutTurn } from './chat.ts'
import { type ChatId, type Turn, type TurnState, chatKey } from './turn.ts'

/** All chats of all identities. A turn can only ever change the chat it was written in: its id leads there. */
export interface Chats {
  chat(id: ChatId): Signal<Chat>
  all(): Chat[]
  update(id: ChatId, change: (chat: Chat) => Chat): void
  add(turn: Turn): void
  remove(turn: Turn): void
  find(turnId: string | undefined): Turn | undefined
  change(turn: Turn, change: Partial<Turn>): void
  setState(turn: Turn, state: TurnState): void
}

export function createChats(): Chats {
  const chats = new Map<string, Signal<Chat>>()
  const owners = new Map<string, ChatId>()

  function chat(id: ChatId): Signal<Chat> {
    const found = chats.get(chatKey(id))
    if (found) return found
    const made = signal(emptyChat)
    chats.set(chatKey(id), made)
    return made
  }

  function update(id: ChatId, change: (chat: Chat) => Chat): void {
    const place = chat(id)
    place.value = change(place.value)
  }

  const change = (turn: Turn, changes: Partial<Turn>): void =>
    update(turn, (chat) => withTurnChanged(chat, turn.id, changes))

  return {
    chat,
    all: () => [...chats.values()].map(({ value }) => value),
    update,
    add(turn) {
      owners.set(turn.id, { user: turn.user, partner: turn.partner })
      update(turn, (chat) => withTurn(chat, turn))
    },
    remove(turn) {
      owners.delete(turn.id)
      update(turn, (chat) => withoutTurn(chat, turn.id))
    },
    find(turnId) {
      const owner = turnId === undefined ? undefined : owners.get(turnId)
      return owner && chat(owner).value.turns.find(({ id }) => id === turnId)
    },
    change,
    setState: (turn, state) => change(turn, { state }),
  }
}
