import { type Reply, reply as replySchema } from '#contract'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import { type Draft, draftOf } from './drafts.ts'
import { createWhere } from './where.ts'
import type { Begun, Hindrance, NewTurn, Said, StoredTurn } from './chats.ts'

interface TurnRow {
  hash: string
  status: 'running' | 'answered' | 'failed'
  reply: string | null
  asked: string | null
  asked_at: number | null
  channel: string | null
  answer: string | null
  version_of: string | null
}

/** How a turn ended. `reply` is what a Reply has beside its text. */
interface Ending {
  readonly status: 'answered' | 'failed'
  readonly reply: string | null
  readonly problem: string | null
  readonly at: number
}

/** The writing half of chats: each function but `isKnown` is one writer inside a transaction of the caller. */
export function createChatWriter(sql: Sql) {
  const write = prepare(sql)
  const rememberWhere = createWhere(sql)

  /** Whoever gave the message no id never sends it again. */
  const find = ({ id, message_id }: NewTurn): TurnRow | undefined =>
    message_id === undefined ? undefined : (write.known.get(id) as TurnRow | undefined)

  const isKnown = (turn: NewTurn): boolean => find(turn) !== undefined

  function begin(turn: NewTurn, at: number): Begun {
    const known = find(turn)
    if (!known) {
      const made = draftOf(turn, at)
      insert(made)
      return unlessHindered(made.stored, turn, at)
    }
    if (known.hash !== turn.hash) throw problem('message_changed', turn.message_id ?? '')
    rememberWhere(turn, at)
    const stored = storedTurn(known, turn)
    if (known.status !== 'answered') {
      write.rerun.run(turn.id)
      return unlessHindered(stored, turn, at)
    }
    if (!stored.message) return { state: 'kept_by_plugin', turn: stored }
    return { state: 'answered', turn: stored, reply: storedReply(known, stored) }
  }

  function unlessHindered(turn: StoredTurn, { hindrance }: NewTurn, at: number): Begun {
    if (hindrance) fail(turn, hindrance, at)
    return { state: hindrance ? 'hindered' : 'run', turn }
  }

  /** The number of its row; undefined when it was there already, and stays as it is. */
  function insert({ turn, stored, at }: Draft, ending?: Ending): number | undefined {
    const { partner, hash, user_id, channel, app_id, session_id = null, replaces = null, message } = turn
    const seq = write.turn.get(
      stored.id,
      stored.message_id,
      partner,
      hash,
      user_id,
      channel,
      app_id,
      session_id,
      ending?.status ?? 'running',
      ending?.reply ?? null,
      ending?.problem ?? null,
      at,
      ending?.at ?? null,
      replaces,
      user_id,
      partner,
    ) as number | undefined
    if (seq === undefined) return undefined
    if (message) {
      const files = JSON.stringify(message.files)
      write.message.run(seq, user_id, partner, 'user', message.text, message.channel, files, at)
    }
    rememberWhere(turn, at)
    return seq
  }

  /** The number of its row. */
  function end({ id }: StoredTurn, { status, reply, problem, at }: Ending, draft: Draft | undefined): number {
    const inserted = draft && insert(draft, { status, reply, problem, at })
    return inserted ?? (write.end.get(status, reply, problem, at, id) as number)
  }

  /** @param draft given when the turn may not be on disk yet */
  function complete(turn: StoredTurn, reply: Reply, at: number, draft?: Draft): void {
    const { text, format, images, ui, why } = reply
    const { user_id, partner, message, isVersion } = turn
    const rest = message ? JSON.stringify({ format, images, ui, why }) : null
    const seq = end(turn, { status: 'answered', reply: rest, problem: null, at }, draft)
    if (message) write.message.run(seq, user_id, partner, 'assistant', text, message.channel, '[]', at)
    if (isVersion) choose(turn.id)
  }

  const choose = (turnId: string): void => void write.choose.run({ id: turnId })

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

  function fail(turn: StoredTurn, hindrance: Hindrance, at: number, draft?: Draft): void {
    end(turn, { status: 'failed', reply: null, problem: JSON.stringify(hindrance), at }, draft)
  }

  const failInterrupted = (hindrance: Hindrance, at: number): number =>
    write.interrupted.run(JSON.stringify(hindrance), at).changes

  return { isKnown, begin, insert, complete, choose, say, fail, failInterrupted }
}

function storedTurn(
  { asked, asked_at, channel, version_of }: TurnRow,
  { id, user_id, partner, message_id = id, channel: now }: NewTurn,
): StoredTurn {
  const message = asked === null ? undefined : { text: asked, channel: channel ?? now, at: asked_at ?? 0 }
  return { id, message_id, user_id, partner, message, isVersion: version_of !== null }
}

const storedReply = ({ reply, answer }: TurnRow, { id, message_id, partner }: StoredTurn): Reply =>
  replySchema.parse({ ...JSON.parse(reply ?? '{}'), text: answer, request_id: id, message_id, partner })

function prepare(sql: Sql) {
  return {
    known: sql.prepare(
      `select turn.hash, turn.status, turn.reply, turn.version_of,
         asked.text as asked, asked.at as asked_at, asked.channel, answer.text as answer
       from turn
       left join message asked on asked.turn = turn.seq and asked.role = 'user'
       left join message answer on answer.turn = turn.seq and answer.role = 'assistant'
       where turn.id = ?`,
    ),
    turn: sql
      .prepare(
        `insert into turn (id, message_id, partner, hash, user_id, channel, app_id, session_id, status, reply, problem,
           started_at, ended_at, version_of)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
           (select coalesce(version_of, id) from turn where id = ? and user_id = ? and partner = ?))
         on conflict (id) do nothing returning seq`,
      )
      .pluck(),
    message: sql.prepare(
      `insert into message (turn, user_id, partner, role, text, channel, files, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    said: sql.prepare(
      `insert into turn (id, message_id, partner, hash, user_id, channel, app_id, status, reply, started_at, ended_at)
       values (@id, @id, @partner, '', @user_id, @channel, '', 'answered', @mark, @at, @at)`,
    ),
    choose: sql.prepare(
      `update turn set aside = turn.id <> @id
       from (select coalesce(version_of, id) as root from turn where id = @id and status = 'answered') first
       where turn.id = first.root or turn.version_of = first.root`,
    ),
    rerun: sql.prepare(`update turn set status = 'running', problem = null, ended_at = null where id = ?`),
    end: sql
      .prepare('update turn set status = ?, reply = ?, problem = ?, ended_at = ? where id = ? returning seq')
      .pluck(),
    interrupted: sql.prepare(
      `update turn set status = 'failed', problem = ?, ended_at = ? where status = 'running'`,
    ),
  }
}
