/** Something new in a chat, or it was read: who shows it may look again. It carries no word of it. */
export interface ChatChange {
  readonly user_id: string
  readonly partner: string
  /** The message that it is about, as its client calls it: that client knows already. */
  readonly message_id?: string
}

export interface ChatChanges {
  tell(change: ChatChange): void
  /** Gives the undo. */
  listen(listener: (change: ChatChange) => void): () => void
}

export function createChatChanges(): ChatChanges {
  const listeners = new Set<(change: ChatChange) => void>()
  return {
    tell(change) {
      for (const listener of listeners) listener(change)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
