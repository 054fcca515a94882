import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from './env.ts'
import type { Sessions } from './sessions.ts'

export interface Keys {
  /** Who sends these headers; undefined when they carry no valid key. Constant time per kind of key. */
  callerOf(headers: IncomingHttpHeaders): Caller | undefined
  isOwnerKey(key: string): boolean
}

export interface KeyParts {
  readonly ownerKey: string
  readonly authEnabled: boolean
  readonly sessions: Pick<Sessions, 'callerOf'>
  readonly pluginOf: (token: string) => string | undefined
  /** Whose a token is that the owner has given out. */
  readonly callerOfToken: (token: string) => Caller | undefined
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

export function createKeys({ ownerKey, authEnabled, sessions, pluginOf, callerOfToken }: KeyParts): Keys {
  const owner = digest(ownerKey)
  const isOwnerKey = (key: string): boolean => timingSafeEqual(digest(key), owner)

  return {
    isOwnerKey,
    callerOf(headers) {
      const key = keyOf(headers)
      if (key === undefined)
        return sessions.callerOf(headers) ?? (authEnabled ? undefined : { kind: 'owner' })
      if (isOwnerKey(key)) return { kind: 'owner' }
      const plugin_id = pluginOf(key)
      return plugin_id === undefined ? callerOfToken(key) : { kind: 'plugin', plugin_id }
    },
  }
}

/** `X-API-Key` first, then `Authorization: Bearer` (as upstream). */
function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return key
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
}
