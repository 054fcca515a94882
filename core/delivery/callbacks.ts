import { randomBytes } from 'node:crypto'
import type { RegisteredChannel } from '#contract'
import type { Database } from '../database.ts'
import type { Channels } from './delivery.ts'

/** Where the bridge of a channel takes messages. */
export type Callback = RegisteredChannel

export interface Callbacks extends Channels {
  get(channel: string): Callback | undefined
}

interface CallbackRow {
  channel: string
  url: string
  secret: string
  idempotent: 0 | 1
}

/** Bytes of a secret, as Standard Webhooks advises. */
const SECRET_BYTES = 32

export function createCallbacks(database: Database, now: () => number): Callbacks {
  const { sql } = database
  const one = sql.prepare('select * from callback where channel = ?')
  const all = sql.prepare('select * from callback order by channel')
  const put = sql.prepare(
    `insert into callback (channel, url, secret, idempotent, changed_at) values (@channel, @url, @secret, @idempotent, @at)
     on conflict do update set url = excluded.url, secret = excluded.secret, idempotent = excluded.idempotent,
       changed_at = excluded.changed_at`,
  )
  const remove = sql.prepare('delete from callback where channel = ?')

  const get = (channel: string): Callback | undefined => {
    const row = one.get(channel) as CallbackRow | undefined
    return row && toCallback(row)
  }

  return {
    get,
    list: () =>
      (all.all() as CallbackRow[]).map(({ channel, url, idempotent }) => ({
        channel,
        callback_url: url,
        idempotent: idempotent === 1,
      })),
    register: ({ channel, callback_url, idempotent, secret: wanted }) =>
      database.write(() => {
        const secret = wanted ?? get(channel)?.secret ?? newSecret()
        put.run({ channel, url: callback_url, secret, idempotent: idempotent ? 1 : 0, at: now() })
        return { channel, callback_url, idempotent, secret }
      }),
    remove: (channel) => database.write(() => remove.run(channel).changes === 1),
  }
}

const toCallback = ({ channel, url, secret, idempotent }: CallbackRow): Callback => ({
  channel,
  callback_url: url,
  secret,
  idempotent: idempotent === 1,
})

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
