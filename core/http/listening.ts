import { z } from 'zod'
import { type InboxMessage, socketAck, type SocketFrame, socketRegister } from '#contract'
import type { Inbox } from '../delivery/delivery.ts'
import { assertMayReadOf } from '../users/rights.ts'
import type { Caller } from './env.ts'

/** What a client says about deliveries. */
export const listeningFrame = z.union([socketRegister, socketAck])

/** The person that one connection shows messages to: the last one it registered. */
export interface Listening {
  /** @throws Problem `not_allowed` */
  hear(frame: z.output<typeof listeningFrame>): Promise<void>
  leave(): void
}

export function createListening({
  inbox,
  caller,
  send,
}: {
  inbox: Pick<Inbox, 'connect' | 'unread' | 'acknowledge'>
  caller: Caller
  send: (frame: SocketFrame) => void
}): Listening {
  let current: string | undefined
  let leave: (() => void) | undefined

  return {
    async hear(frame) {
      if (frame.event === 'ack')
        return void (await inbox.acknowledge(frame.ids, (userId) => userId === current))
      const { user_id, after } = frame
      assertMayReadOf(caller, user_id)
      leave?.()
      current = user_id
      send({ event: 'registered', user_id, unread: inbox.unread(user_id) })
      const push = (message: InboxMessage): void => send({ event: 'push', ...message })
      leave = inbox.connect(user_id, { push }, after)
    },
    leave: () => leave?.(),
  }
}
