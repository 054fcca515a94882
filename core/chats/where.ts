import type { Sql } from '../database.ts'
import type { NewTurn } from './chats.ts'

/**
 * Where a person was last (seed 002 §4, §7a, §9), from a turn of theirs: the channel, kept for everybody, for the person,
 * for the person on this channel, and for the person's session; and the place. One writer inside a transaction of the caller.
 */
export function createWhere(sql: Sql): (turn: NewTurn, at: number) => void {
  const lastChannel = sql.prepare(
    `insert into last_channel (key_app, key_user, key_session, channel, app_id, user_id, session_id, at, sender)
       select key_app, key_user, key_session, @channel, @app_id, @user_id, @session_id, @at, @sender
       from (
         select '' as key_app, '' as key_user, '' as key_session
         union all select '', @user_id, ''
         union all select '', @user_id, @channel
         union all select @app_id, @user_id, @session_id where @session_id <> ''
       ) where true
       on conflict do update set channel = excluded.channel, app_id = excluded.app_id, user_id = excluded.user_id,
         session_id = excluded.session_id, at = excluded.at, sender = excluded.sender`,
  )
  const place = sql.prepare(
    `insert into location (user_id, text, at) values (?, ?, ?)
       on conflict do update set text = excluded.text, at = excluded.at`,
  )

  return (turn, at) => {
    const { user_id, app_id, session_id, channel, sender, location } = turn
    if (sender === undefined) return
    lastChannel.run({ user_id, app_id, session_id: session_id ?? null, channel, sender, at })
    if (location) place.run(user_id, location, at)
  }
}
