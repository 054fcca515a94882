import { randomUUID } from 'node:crypto'
import { type Reply, reply as replySchema } from '#contract'
import type { Database, Sql } from '../database.ts'
import { problem } from '../errors.ts'
import type { Begun, Chats, LastChannel, NewTurn } from './chats.ts'

interface TurnRow {
  id: string
  hash: string
  status: 'running' | 'answered' | 'failed'
  reply: string | null
  text: string | null
  kept: 0 | 1
}

interface MessageRow {
  seq: number
  turn_id: string
  partner: string
  role: 'user' | 'assistant'
  text: string
  at: number
  problem: string | null
}

const iso = (at: number): string => new Date(at).toISOString()

/** Chats in SQLite. `now` gives the time in ms. */
export function createChats(database: Database, now: () => number): Chats {
  const read = prepareReads(database.sql)
  const write = prepareWrites(database.sql)

  function begin(turn: NewTurn): Begun {
    const known = read.turn.get(turn.identity, turn.partner, turn.message_id) as TurnRow | undefined
    if (known && known.hash !== turn.hash) throw problem('message_changed', turn.message_id)
    rememberWhere(turn)
    if (!known) return { state: 'run', turn_id: insert(turn), again: false }
    if (known.status !== 'answered') {
      write.rerun.run(known.id)
      return { state: 'run', turn_id: known.id, again: true }
    }
    if (known.kept === 0) return { state: 'kept_by_plugin', turn_id: known.id }
    return {
      state: 'answered',
      turn_id: known.id,
      reply: replySchema.parse(JSON.parse(known.reply ?? 'null')),
    }
  }

  function insert(turn: NewTurn): string {
    const id = randomUUID()
    const { identity, partner, message_id, hash, user_id, app_id, session_id = null } = turn
    write.turn.run({
      id,
      identity,
      partner,
      message_id,
      hash,
      user_id,
      channel: turn.channel,
      app_id,
      session_id,
      at: now(),
    })
    if (turn.message) {
      const { text, files, channel } = turn.message
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
    for (const key of keys)
      write.lastChannel.run({ key, channel, app_id, user_id, session_id: session_id ?? null, at: now() })
    if (location) write.location.run({ user_id, text: location, at: now() })
  }

  function complete(turnId: string, reply: Reply): void {
    const asked = read.asked.get(turnId) as { user_id: string; partner: string; channel: string } | undefined
    write.end.run({
      id: turnId,
      status: 'answered',
      reply: JSON.stringify({ ...reply, text: '' }),
      problem: null,
      at: now(),
    })
    if (asked)
      write.message.run({
        ...asked,
        turn_id: turnId,
        role: 'assistant',
        text: reply.text,
        files: '[]',
        at: now(),
      })
  }

  return {
    begin: (turn) => database.write(() => begin(turn)),
    complete: (turnId, reply, also) =>
      database.write((sql) => {
        complete(turnId, reply)
        also?.(sql)
      }),
    fail: (turnId, problem) =>
      database.write(() => {
        write.end.run({
          id: turnId,
          status: 'failed',
          reply: null,
          problem: JSON.stringify(problem),
          at: now(),
        })
      }),
    failInterrupted: (problem) =>
      database.write(() => write.interrupted.run({ problem: JSON.stringify(problem), at: now() }).changes),
    history(userId, partner, { before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = read.history.all(userId, partner, before, limit + 1) as MessageRow[]
      return { messages: rows.slice(0, limit).reverse().map(toMessage), more: rows.length > limit }
    },
    recent: (userId, partner, limit, exceptTurn) =>
      (read.recent.all(userId, partner, exceptTurn, limit) as MessageRow[])
        .reverse()
        .map(({ role, text, at, turn_id }) => ({ role, text, at: iso(at), turn_id })),
    list: (userId) =>
      (read.list.all(userId) as MessageRow[]).map(({ partner, role, text, at }) => ({
        partner,
        last: { role, text, at: iso(at) },
      })),
    search(userId, query, limit) {
      const match = fullTextQuery(query)
      if (!match) return []
      const rows = read.search.all({ userId, match, limit }) as MessageRow[]
      return rows.map(({ partner, seq, role, text, at }) => ({ partner, seq, role, text, at: iso(at) }))
    },
    location(userId) {
      const row = read.location.get(userId) as { text: string; at: number } | undefined
      return row && { text: row.text, at: iso(row.at) }
    },
    lastChannel(key) {
      const row = read.lastChannel.get(key) as
        | (Omit<LastChannel, 'at' | 'session_id'> & { at: number; session_id: string | null })
        | undefined
      return row && { ...row, session_id: row.session_id ?? undefined, at: iso(row.at) }
    },
  }
}

const storedReply = ({ reply, text }: TurnRow): Reply =>
  replySchema.parse({ ...JSON.parse(reply ?? '{}'), text })

function toMessage({ seq, turn_id, role, text, at, problem }: MessageRow) {
  const failed: { failed?: string } = role === 'user' && problem ? { failed: JSON.parse(problem).detail } : {}
  return { id: `${turn_id}:${role}`, seq, role, text, at: iso(at), ...failed }
}

/** Every word must occur; signs of FTS5's own language are just words. Empty when there is no word. */
function fullTextQuery(text: string): string {
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words
    .slice(0, 16)
    .map((word) => `"${word}"`)
    .join(' ')
}

function prepareReads(sql: Sql) {
  const message = 'm.seq, m.turn_id, m.partner, m.role, m.text, m.at, t.problem'
  const from = 'from message m join turn t on t.id = m.turn_id'
  return {
    turn: sql.prepare(
      `select id, hash, status, reply,
         (select text from message where turn_id = turn.id and role = 'assistant') as text,
         exists (select 1 from message where turn_id = turn.id) as kept
       from turn where identity = ? and partner = ? and message_id = ?`,
    ),
    asked: sql.prepare(`select user_id, partner, channel from message where turn_id = ? and role = 'user'`),
    history: sql.prepare(
      `select ${message} ${from} where m.user_id = ? and m.partner = ? and m.seq < ? order by m.seq desc limit ?`,
    ),
    recent: sql.prepare(
      `select ${message} ${from} where m.user_id = ? and m.partner = ? and t.status = 'answered' and t.id <> ?
       order by m.seq desc limit ?`,
    ),
    list: sql.prepare(
      `select ${message} ${from} where m.seq in (select max(seq) from message where user_id = ? group by partner) order by m.seq desc`,
    ),
    search: sql.prepare(
      `select ${message} from message_fts f join message m on m.seq = f.rowid join turn t on t.id = m.turn_id
       where message_fts match @match and m.user_id = @userId order by f.rank limit @limit`,
    ),
    location: sql.prepare(
      `select text, at from location where user_id in (?, 'companion') order by user_id = 'companion' limit 1`,
    ),
    lastChannel: sql.prepare(
      'select key, channel, app_id, user_id, session_id, at from last_channel where key = ?',
    ),
  }
}

function prepareWrites(sql: Sql) {
  return {
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
