import { createHash } from 'node:crypto'
import { Agent, request } from 'undici'
import type { PushNote } from '#contract'
import type { Outbound } from '../../outbound.ts'
import { drain } from '../../plugins/answer.ts'
import type { VapidKeys } from '../../secrets.ts'
import type { Device } from './store.ts'

const DEADLINE = 15_000
const CONNECT = 5_000
const MAX_ANSWER = 64 * 1024
/** How long a push service keeps it for a device that is off, in s. */
const KEPT = 24 * 60 * 60
/** Push services ask for somebody to write to; this Core has nobody who reads it. */
const SUBJECT = 'mailto:homeclaw@example.org'

/** What came of handing a note to a push service. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** The device takes none any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly problem: string }
  /** `after`: when it wants to be asked again, in ms. */
  | { readonly kind: 'not_taken'; readonly problem: string; readonly after?: number }

export interface PushServices {
  send(device: Device, note: PushNote): Promise<Outcome>
  close(): Promise<void>
}

/** Notes to devices over the push services of their browsers (RFC 8030), encrypted (8291) and signed (8292). */
export function createPushServices({ keys, reach }: { keys: VapidKeys; reach: Outbound }): PushServices {
  const agent = new Agent({
    connect: { lookup: reach.lookup, timeout: CONNECT },
    maxResponseSize: MAX_ANSWER,
  })

  return {
    async send(device, note) {
      const fault = reach.faultOf(device.endpoint)
      if (fault) return { kind: 'refused', problem: `its address ${fault}` }
      try {
        const { headers, body } = await sealed(device, note, keys)
        const answer = await request(device.endpoint, {
          dispatcher: agent,
          method: 'POST',
          headers,
          body,
          signal: AbortSignal.timeout(DEADLINE),
        })
        drain(answer.body)
        return outcomeOf(answer.statusCode, answer.headers['retry-after'])
      } catch (error) {
        return { kind: 'not_taken', problem: String((error as { code?: unknown }).code ?? error) }
      }
    },
    close: () => agent.destroy(),
  }
}

/** A repeated one replaces the one before, while the push service has it: it goes by the topic. */
async function sealed({ endpoint, p256dh, auth }: Device, note: PushNote, vapid: VapidKeys) {
  const { default: webPush } = await import('web-push')
  return webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(note), {
    vapidDetails: { subject: SUBJECT, ...vapid },
    TTL: KEPT,
    urgency: 'high',
    topic: createHash('sha256').update(note.id).digest('base64url').slice(0, 32),
    contentEncoding: 'aes128gcm',
  })
}

function outcomeOf(status: number, retryAfter: string | string[] | undefined): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' }
  if (status === 404 || status === 410) return { kind: 'gone' }
  const problem = `HTTP status ${status}`
  if (status < 500 && status !== 429) return { kind: 'refused', problem }
  const seconds = Number(retryAfter)
  return { kind: 'not_taken', problem, ...(seconds > 0 && { after: seconds * 1000 }) }
}
