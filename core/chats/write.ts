import { type Reply, reply as replySchema } from '#contract'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import { timeOrderedId } from '../time-ordered-id.ts'
import type { Begun, Hindrance, NewTurn, Said, StoredTurn } from './chats.ts'

interface TurnRow {
  seq: number
  id: string
  hash: string
  status: 'running' | 'answered' | 'failed'
  reply: string | null
  asked: string | null
  asked_at: number | null
  channel: string | null
  answer: string | null
}

/** The writing half of chats: each function is one writer inside a transaction of the caller. */
export function createChatWriter(sql: Sql) {
  const write = prepare(sql)

  function begin(turn: NewTurn, at: number): Begun {
    const { message_id, partner, identity } = turn
    const known = message_id && (write.known.get(message_id, partner, identity) as TurnRow | undefined)
    if (!known) {
      rememberWhere(turn, at)
      return unlessHindered(insert(turn, at), turn, at)
    }
    if (known.hash !== turn.hash) throw problem('message_changed', message_id)
    rememberWhere(turn, at)
    const stored = storedTurn(known, turn, message_id)
    if (known.status !== 'answered') {
      write.rerun.run(known.seq)
      return unlessHindered(stored, turn, at)
    }
    if (!stored.message) return { state: 'kept_by_plugin', turn: stored }
    return { state: 'answered', turn: stored, reply: storedReply(known, stored) }
  }

  function unlessHindered(turn: StoredTurn, { hindrance }: NewTurn, at: number): Begun {
    if (hindrance) fail(turn, hindrance, at)
    return { state: hindrance ? 'hindered' : 'run', turn }
  }

  function insert(turn: NewTurn, at: number): StoredTurn {
    const { identity, partner, hash, user_id, channel, app_id, session_id = null, message } = turn
    const id = timeOrderedId(at)
    const message_id = turn.message_id ?? id
    const { lastInsertRowid } = write.turn.run(
      id,
      message_id,
      partner,
      identity,
      hash,
      user_id,
      channel,
      app_id,
      session_id,
      at,
    )
    const seq = Number(lastInsertRowid)
    if (message) {
      write.message.run(
        seq,
        user_id,
        partner,
        'user',
        message.text,
        message.channel,
        JSON.stringify(message.files),
        at,
      )
    }
    const said = message && { text: message.text, channel: message.channel, at }
    return { id, seq, message_id, user_id, partner, message: said }
  }

  /** For everybody, for the person, for the person on this channel, and for the person's session. */
  function rememberWhere(turn: NewTurn, at: number): void {
    const { user_id, app_id, session_id, channel, sender, location } = turn
    if (sender === undefined) return
    const keys = [
      ['', '', ''],
      ['', user_id, ''],
      ['', user_id, channel],
      ...(session_id ? [[app_id, user_id, session_id]] : []),
    ]
    for (const key of keys)
      write.lastChannel.run(key, channel, app_id, user_id, session_id ?? null, at, sender)
    if (location) write.location.run(user_id, location, at)
  }

  function complete({ seq, user_id, partner, message }: StoredTurn, reply: Reply, at: number): void {
    const { text, format, images, ui } = reply
    write.end.run('answered', message ? JSON.stringify({ format, images, ui }) : null, null, at, seq)
    if (message) write.message.run(seq, user_id, partner, 'assistant', text, message.channel, '[]', at)
  }

  /** A turn of its own, in which only the partner speaks. */
  function say({ id, user_id, partner, text, channel, mark }: Said, at: number): void {
    const { lastInsertRowid } = write.said.run({
      id,
      user_id,
      partner,
      channel,
      mark: JSON.stringify(mark),
      at,
    })
    const turn = Number(lastInsertRowid)
    write.message.run(turn, user_id, partner, 'assistant', text, channel, '[]', at)
  }

  function fail({ seq }: StoredTurn, hindrance: Hindrance, at: number): void {
    write.end.run('failed', null, JSON.stringify(hindrance), at, seq)
  }

  const failInterrupted = (hindrance: Hindrance, at: number): number =>
    write.interrupted.run(JSON.stringify(hindrance), at).changes

  return { begin, complete, say, fail, failInterrupted }
}

function storedTurn(
  { seq, id, asked, asked_at, channel }: TurnRow,
  turn: NewTurn,
  message_id: string,
): StoredTurn {
  const { user_id, partner } = turn
  const message =
    asked === null ? undefined : { text: asked, channel: channel ?? turn.channel, at: asked_at ?? 0 }
  return { id, seq, message_id, user_id, partner, message }
}

const storedReply = ({ reply, answer }: TurnRow, { id, message_id, partner }: StoredTurn): Reply =>
  replySchema.parse({ ...JSON.parse(reply ?? '{}'), text: answer, request_id: id, message_id, partner })

function prepare(sql: Sql) {
  return {
    known: sql.prepare(
      `select turn.seq, turn.id, turn.hash, turn.status, turn.reply,
         asked.text as asked, asked.at as asked_at, asked.channel, answer.text as answer
       from turn
       left join message asked on asked.turn = turn.seq and asked.role = 'user'
       left join message answer on answer.turn = turn.seq and answer.role = 'assistant'
       where turn.message_id = ? and turn.partner = ? and turn.identity = ?`,
    ),
    turn: sql.prepare(
      `insert into turn (id, message_id, partner, identity, hash, user_id, channel, app_id, session_id, status, started_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
    ),
    message: sql.prepare(
      `insert into message (turn, user_id, partner, role, text, channel, files, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    said: sql.prepare(
      `insert into turn (id, message_id, partner, identity, hash, user_id, channel, app_id, status, reply, started_at, ended_at)
       values (@id, @id, @partner, '', '', @user_id, @channel, '', 'answered', @mark, @at, @at)`,
    ),
    rerun: sql.prepare(`update turn set status = 'running', problem = null, ended_at = null where seq = ?`),
    end: sql.prepare('update turn set status = ?, reply = ?, problem = ?, ended_at = ? where seq = ?'),
    interrupted: sql.prepare(
      `update turn set status = 'failed', problem = ?, ended_at = ? where status = 'running'`,
    ),
    lastChannel: sql.prepare(
      `insert into last_channel (key_app, key_user, key_session, channel, app_id, user_id, session_id, at, sender)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict do update set channel = excluded.channel, app_id = excluded.app_id, user_id = excluded.user_id,
         session_id = excluded.session_id, at = excluded.at, sender = excluded.sender`,
    ),
    location: sql.prepare(
      `insert into location (user_id, text, at) values (?, ?, ?)
       on conflict do update set text = excluded.text, at = excluded.at`,
    ),
  }
}
