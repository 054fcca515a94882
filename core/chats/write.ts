import { randomUUID } from 'node:crypto'
import { type Reply, reply as replySchema } from '#contract'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import type { Begun, NewTurn } from './chats.ts'

interface TurnRow {
  id: string
  hash: string
  status: 'running' | 'answered' | 'failed'
  reply: string | null
  text: string | null
  kept: 0 | 1
}

/** The writing half of chats: each function is one writer inside a transaction of the caller. `now` is in ms. */
export function createChatWriter(sql: Sql, now: () => number) {
  const write = prepare(sql)

  function begin(turn: NewTurn): Begun {
    const known = write.known.get(turn.identity, turn.partner, turn.message_id) as TurnRow | undefined
    if (known && known.hash !== turn.hash) throw problem('message_changed', turn.message_id)
    rememberWhere(turn)
    if (!known) return { state: 'run', turn_id: insert(turn), again: false }
    if (known.status !== 'answered') {
      write.rerun.run(known.id)
      return { state: 'run', turn_id: known.id, again: true }
    }
    if (known.kept === 0) return { state: 'kept_by_plugin', turn_id: known.id }
    return { state: 'answered', turn_id: known.id, reply: storedReply(known) }
  }

  function insert(turn: NewTurn): string {
    const id = randomUUID()
    const { message, location: _, ...fields } = turn
    write.turn.run({ ...fields, id, session_id: turn.session_id ?? null, at: now() })
    if (message) {
      const { text, files, channel } = message
      const { user_id, partner } = turn
      write.message.run({
        turn_id: id,
        user_id,
        partner,
        role: 'user',
        text,
        channel,
        files: JSON.stringify(files),
        at: now(),
      })
    }
    return id
  }

  function rememberWhere({ user_id, app_id, session_id, channel, location }: NewTurn): void {
    const keys = ['default', user_id, ...(session_id ? [`${app_id}:${user_id}:${session_id}`] : [])]
    for (const key of keys) {
      write.lastChannel.run({ key, channel, app_id, user_id, session_id: session_id ?? null, at: now() })
    }
    if (location) write.location.run({ user_id, text: location, at: now() })
  }

  function complete(turnId: string, reply: Reply): void {
    const asked = write.asked.get(turnId) as { user_id: string; partner: string; channel: string } | undefined
    const rest = asked ? JSON.stringify({ ...reply, text: '' }) : null
    write.end.run({ id: turnId, status: 'answered', reply: rest, problem: null, at: now() })
    if (asked) {
      write.message.run({
        ...asked,
        turn_id: turnId,
        role: 'assistant',
        text: reply.text,
        files: '[]',
        at: now(),
      })
    }
  }

  function fail(turnId: string, problem: { code: string; detail: string }): void {
    write.end.run({ id: turnId, status: 'failed', reply: null, problem: JSON.stringify(problem), at: now() })
  }

  const failInterrupted = (problem: { code: string; detail: string }): number =>
    write.interrupted.run({ problem: JSON.stringify(problem), at: now() }).changes

  return { begin, complete, fail, failInterrupted }
}

const storedReply = ({ reply, text }: TurnRow): Reply =>
  replySchema.parse({ ...JSON.parse(reply ?? '{}'), text })

function prepare(sql: Sql) {
  return {
    known: sql.prepare(
      `select id, hash, status, reply,
         (select text from message where turn_id = turn.id and role = 'assistant') as text,
         exists (select 1 from message where turn_id = turn.id) as kept
       from turn where identity = ? and partner = ? and message_id = ?`,
    ),
    asked: sql.prepare(`select user_id, partner, channel from message where turn_id = ? and role = 'user'`),
    turn: sql.prepare(
      `insert into turn (id, identity, partner, message_id, hash, user_id, channel, app_id, session_id, status, started_at)
       values (@id, @identity, @partner, @message_id, @hash, @user_id, @channel, @app_id, @session_id, 'running', @at)`,
    ),
    message: sql.prepare(
      `insert into message (turn_id, user_id, partner, role, text, channel, files, at)
       values (@turn_id, @user_id, @partner, @role, @text, @channel, @files, @at)`,
    ),
    rerun: sql.prepare(`update turn set status = 'running', problem = null, ended_at = null where id = ?`),
    end: sql.prepare(
      'update turn set status = @status, reply = @reply, problem = @problem, ended_at = @at where id = @id',
    ),
    interrupted: sql.prepare(
      `update turn set status = 'failed', problem = @problem, ended_at = @at where status = 'running'`,
    ),
    lastChannel: sql.prepare(
      `insert into last_channel values (@key, @channel, @app_id, @user_id, @session_id, @at)
       on conflict do update set channel = @channel, app_id = @app_id, user_id = @user_id, session_id = @session_id, at = @at`,
    ),
    location: sql.prepare(
      'insert into location values (@user_id, @text, @at) on conflict do update set text = @text, at = @at',
    ),
  }
}
