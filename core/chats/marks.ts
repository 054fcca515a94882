import type { OwnTable } from '../belongings/own-table.ts'
import type { Database, Migration } from '../database.ts'

export const markMigrations: readonly Migration[] = [
  {
    id: 'chat-marks-001',
    sql: `
      create table chat_read (
        user_id text not null,
        partner text not null,
        seq integer not null,
        primary key (user_id, partner)
      ) strict, without rowid;
      insert into chat_read select user_id, partner, max(seq) from message group by user_id, partner;
    `,
  },
]

/** How far somebody has read a chat. */
export interface ReadMark {
  readonly partner: string
  /** `seq` of the newest message that was read; 0 = none. */
  readonly read: number
  /** Answers of the page and what nobody asked for, beyond that, at most `MOST_UNREAD`; 0 where the plugin keeps the chat. */
  readonly unread: number
}

/** What was read of the chats, the same on all devices of a person. */
export interface ReadMarks {
  /** Everything up to `seq` is read; without it, everything Core keeps so far. A mark never goes back. */
  mark(userId: string, partner: string, seq?: number): Promise<void>
  of(userId: string): ReadMark[]
}

const MOST_UNREAD = 100

export function createReadMarks(database: Database): ReadMarks {
  const write = database.sql.prepare(
    `insert into chat_read (user_id, partner, seq)
     values (@userId, @partner,
       coalesce(@seq, (select max(seq) from message where user_id = @userId and partner = @partner), 0))
     on conflict do update set seq = max(seq, excluded.seq)`,
  )
  const read = database.sql.prepare(
    `with chat as (
       select partner from message where user_id = @userId
       union select partner from chat_read where user_id = @userId),
     mark as (
       select chat.partner, coalesce(seq, 0) as read from chat
       left join chat_read r on r.user_id = @userId and r.partner = chat.partner)
     select partner, read, (
       select count(*) from (
         select 1 from message m join turn t on t.seq = m.turn
         where m.user_id = @userId and m.partner = mark.partner and m.seq > mark.read and m.role = 'assistant'
           and (t.channel = 'webchat' or not exists (
             select 1 from message asked where asked.turn = m.turn and asked.role = 'user'))
         limit ${MOST_UNREAD})) as unread
     from mark`,
  )
  return {
    async mark(userId, partner, seq) {
      await database.write(() => void write.run({ userId, partner, seq: seq ?? null }))
    },
    of: (userId) => read.all({ userId }) as ReadMark[],
  }
}

/** How far a person has read. */
export const markTables: readonly OwnTable[] = [
  { kind: 'read', place: 'messages', remove: 'delete from chat_read where user_id = ?' },
]
