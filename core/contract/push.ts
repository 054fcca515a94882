import { z } from 'zod'
import { COMPANION_USER, MAX_ID } from './message.ts'

/** 65 and 16 bytes, as browsers write them. */
const p256dh = z.string().regex(/^[A-Za-z0-9_-]{87}=?$/, 'must be a public key of 65 bytes in base64url')
const auth = z.string().regex(/^[A-Za-z0-9_-]{22}(?:==)?$/, 'must be 16 bytes in base64url')
const endpoint = z.string().max(2_000).describe('Where the push service of the browser takes messages')

/** Whose notifications it is about. */
const whose = {
  user_id: z
    .string()
    .max(MAX_ID)
    .nullish()
    .transform((id) => (!id || id === 'system' ? COMPANION_USER : id)),
}

/** The answer of `GET /api/push/key`: what a browser subscribes with. */
export const pushKey = z.object({ public_key: z.string() })

/**
 * The body of `POST /api/push/subscriptions`: a `PushSubscription` of the browser, and for whom. A device notifies one
 * person: who subscribed last.
 */
export const pushSubscription = z.object({ ...whose, endpoint, keys: z.object({ p256dh, auth }) })
export type PushSubscribed = z.infer<typeof pushSubscription>

/** The body of `DELETE /api/push/subscriptions`. */
export const pushEnd = z.object({ ...whose, endpoint })

/** Whose, of `/api/push/chats`. */
export const pushWhose = z.object(whose)

/** The answer of `GET` and `PATCH /api/push/chats?user_id=`: the chats that a person is told nothing of. */
export const pushChats = z.object({ muted: z.array(z.string()) })

/** The body of `PATCH /api/push/chats?user_id=`. */
export const pushChatChange = z.object({ partner: z.string().min(1).max(MAX_ID), muted: z.boolean() })

/** What a push carries to a device, encrypted for it. */
export const pushNote = z.object({
  id: z.string().describe('Of the message; it waits in the inbox'),
  user_id: z.string(),
  partner: z.string(),
  title: z.string(),
  text: z.string().describe('Its beginning'),
  unread: z.number().describe('How many messages wait in all'),
})
export type PushNote = z.infer<typeof pushNote>
