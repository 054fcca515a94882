import { createDecipheriv, createECDH, hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type PushNote, pushNote, type PushSubscribed } from '#contract'

/** What a push service got for one device. */
export interface Pushed {
  readonly note: PushNote
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A device that subscribed at the push service of its browser. */
export interface TestDevice {
  /** As a browser gives it to the page. */
  readonly subscription: Omit<PushSubscribed, 'user_id'>
  /** Every note that came, decrypted with the keys of the device, in the order they came, repetitions included. */
  readonly received: readonly Pushed[]
  /** How the next notes are answered; then 201 again. */
  upNext(...statuses: number[]): void
}

/** The push service of a browser (RFC 8030), as a server in this process. */
export interface TestPushService {
  readonly url: string
  device(): TestDevice
  close(): Promise<void>
}

export async function startPushService(): Promise<TestPushService> {
  const devices = new Map<string, (body: Buffer, headers: Pushed['headers']) => number>()
  const server = createServer(async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray())
    response.writeHead(devices.get(incoming.url ?? '')?.(body, incoming.headers) ?? 404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

  return {
    url,
    device() {
      const keys = createECDH('prime256v1')
      keys.generateKeys()
      const auth = randomBytes(16)
      const path = `/${randomUUID()}`
      const received: Pushed[] = []
      let next: number[] = []
      devices.set(path, (body, headers) => {
        received.push({ note: pushNote.parse(JSON.parse(opened(body, keys, auth))), headers })
        return next.shift() ?? 201
      })
      return {
        subscription: {
          endpoint: url + path,
          keys: { p256dh: keys.getPublicKey('base64url'), auth: auth.toString('base64url') },
        },
        received,
        upNext: (...statuses) => void (next = statuses),
      }
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Message encryption for Web Push: RFC 8291 over `aes128gcm` (RFC 8188), one record. */
function opened(body: Buffer, keys: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16)
  const theirs = body.subarray(21, 21 + body.readUInt8(20))
  const sealed = body.subarray(21 + theirs.length)
  const both = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), theirs])
  const secret = Buffer.from(hkdfSync('sha256', keys.computeSecret(theirs), auth, both, 32))
  const derived = (words: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, `Content-Encoding: ${words}\0`, length))
  const cipher = createDecipheriv('aes-128-gcm', derived('aes128gcm', 16), derived('nonce', 12)).setAuthTag(
    sealed.subarray(-16),
  )
  const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
  return plain.subarray(0, plain.lastIndexOf(2)).toString()
}
