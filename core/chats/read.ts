import { addressOfImage, type FoundMessage, type HistoryPage } from '#contract'
import type { Sql } from '../database.ts'
import type { Chats, FoundTurn, Hindrance, LastChannel } from './chats.ts'
import { iso, RECENT } from './recent.ts'

interface MessageRow {
  seq: number
  turn_id: string
  message_id: string
  partner: string
  role: 'user' | 'assistant'
  text: string
  at: number
  problem: string | null
  reason?: string | null
  late?: number | null
  why?: string | null
  files?: string
  images?: string
  version_of?: string | null
  aside?: number
}

type LastChannelRow = Omit<LastChannel, 'at' | 'session_id'> & { at: number; session_id: string | null }

type Reads = Pick<
  Chats,
  'textOf' | 'find' | 'versions' | 'history' | 'recent' | 'list' | 'location' | 'lastChannel'
> & {
  /** In the messages that are in the full text. */
  search(userId: string, query: string, limit: number): FoundMessage[]
}

/** The reading half of chats. */
export function createChatReader(sql: Sql): Reads {
  const read = prepare(sql)
  return {
    history(userId, partner, { before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = read.history.all(userId, partner, before, limit + 1) as MessageRow[]
      return { messages: rows.slice(0, limit).toReversed().map(toMessage), more: rows.length > limit }
    },
    recent: (userId, partner) =>
      (read.recent.all(userId, partner) as MessageRow[])
        .toReversed()
        .map(({ role, text, at, turn_id }) => ({ role, text, at: iso(at), turn_id })),
    find(turnId) {
      const row = read.turn.get(turnId) as (Omit<FoundTurn, 'images'> & { images: string }) | undefined
      return row && { ...row, images: JSON.parse(row.images) }
    },
    versions: (turnId) => read.versions.pluck().all({ id: turnId }) as string[],
    textOf: (id) => read.textOf.pluck().get(id) as string | undefined,
    list: (userId) =>
      (read.list.all(userId) as MessageRow[]).map(({ partner, role, text, at }) => ({
        partner,
        last: { role, text, at: iso(at) },
      })),
    search(userId, query, limit) {
      const match = fullTextQuery(query)
      if (!match) return []
      const rows = WITHOUT_SPACES.test(query)
        ? read.containing.all({ userId, text: query.trim(), limit })
        : read.search.all({ userId, match, limit })
      return (rows as MessageRow[]).map(({ partner, seq, role, text, at }) => ({
        partner,
        seq,
        role,
        text,
        at: iso(at),
      }))
    },
    location(userId) {
      const row = read.location.get(userId) as { text: string; at: number } | undefined
      return row && { text: row.text, at: iso(row.at) }
    },
    lastChannel(userId, key) {
      const row = (key === undefined ? read.lastChannel.get(userId) : read.place.get({ userId, key })) as
        | LastChannelRow
        | undefined
      return row && { ...row, session_id: row.session_id ?? undefined, at: iso(row.at) }
    },
  }
}

function toMessage({
  seq,
  turn_id,
  message_id,
  role,
  text,
  at,
  problem,
  reason,
  late,
  why,
  files,
  images,
  version_of,
  aside,
}: MessageRow): HistoryPage['messages'][number] {
  const failed = role === 'user' && problem ? whyFailed(JSON.parse(problem)) : {}
  const mark = { ...(reason && { reason }), ...(late && { late: true as const }) }
  const shown = {
    ...(files && files !== '[]' && { files: JSON.parse(files) }),
    ...(role === 'assistant' && images && images !== '[]' && { images: addressesOf(turn_id, images) }),
  }
  const version = { turn: turn_id, ...(version_of && { version_of }), ...(aside && { aside: true as const }) }
  const reasons = role === 'assistant' && why ? { why: JSON.parse(why) } : {}
  return {
    id: role === 'user' ? message_id : turn_id,
    seq,
    role,
    text,
    at: iso(at),
    ...failed,
    ...mark,
    ...reasons,
    ...shown,
    ...version,
  }
}

const whyFailed = ({ code, detail }: Hindrance): { failed: string; failed_code: string } => ({
  failed: detail,
  failed_code: code,
})

/** Of each picture of an answer; `null` stands for one that Core has. */
const addressesOf = (turnId: string, images: string): string[] =>
  (JSON.parse(images) as (string | null)[]).map((address, at) => address ?? addressOfImage(turnId, at))

/** Scripts that put no spaces between words, which the full text cannot take apart: there the text itself is looked for. */
const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** Every word must occur; signs of FTS5's own language are just words. Empty when there is no word. */
function fullTextQuery(text: string): string {
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words
    .slice(0, 16)
    .map((word) => `"${word}"`)
    .join(' ')
}

function prepare(sql: Sql) {
  const message = 'm.seq, t.id as turn_id, m.partner, m.role, m.text, m.at, t.message_id, t.problem'
  const from = 'from message m join turn t on t.seq = m.turn'
  const place = 'channel, app_id, user_id, session_id, sender, at'
  return {
    history: sql.prepare(
      `select ${message}, t.reply ->> 'reason' as reason, t.reply ->> 'late' as late, t.reply -> 'why' as why,
         m.files, t.version_of, t.aside,
         (select json_group_array(iif(value like 'data:%', null, value)) from json_each(t.reply, '$.images')) as images
       ${from} where m.user_id = ? and m.partner = ? and m.seq < ? order by m.seq desc limit ?`,
    ),
    recent: sql.prepare(
      `select m.role, m.text, m.at, t.id as turn_id ${from} where m.user_id = ? and m.partner = ? and t.status = 'answered'
         and t.aside = 0
       order by m.seq desc limit ${RECENT}`,
    ),
    turn: sql.prepare(
      `select user_id, partner, coalesce(reply -> 'images', '[]') as images from turn where id = ?`,
    ),
    versions: sql.prepare(
      `select turn.id from turn, (select coalesce(version_of, id) as root from turn where id = @id) first
       where turn.id = first.root or turn.version_of = first.root`,
    ),
    textOf: sql.prepare(
      `select m.text from turn t join message m on m.turn = t.seq
       where t.id = ? and m.role = 'assistant'`,
    ),
    list: sql.prepare(
      `select ${message} ${from} where m.seq in (select max(seq) from message where user_id = ? group by partner) order by m.seq desc`,
    ),
    search: sql.prepare(
      `select ${message} from message_fts f join message m on m.seq = f.rowid join turn t on t.seq = m.turn
       where message_fts match @match and m.user_id = @userId order by f.rank limit @limit`,
    ),
    containing: sql.prepare(
      `select ${message} ${from} where m.user_id = @userId and instr(m.text, @text) > 0 order by m.seq desc limit @limit`,
    ),
    location: sql.prepare(
      `select text, at from location where user_id in (?, 'companion') order by user_id = 'companion' limit 1`,
    ),
    lastChannel: sql.prepare(
      `select ${place} from last_channel where key_user = ? and key_app = '' and key_session = ''`,
    ),
    place: sql.prepare(
      `select ${place} from last_channel where key_user = @userId and key_session <> '' and
         iif(key_app = '', 'channel:' || key_session, key_app || ':' || key_user || ':' || key_session) = @key
       order by at desc limit 1`,
    ),
  }
}
