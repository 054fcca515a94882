import type { Sql } from '../database.ts'

/** Turns of one write: bounds how long others wait for it. */
const BATCH = 50

/** Takes a chat off the disk, piece by piece. Each call belongs inside a job of `Database.write`. */
export function createChatRemover(sql: Sql) {
  const turns = sql
    .prepare<[string, string], number>(
      `select distinct turn from message where user_id = ? and partner = ? order by turn limit ${BATCH}`,
    )
    .pluck()
  const filesOf = sql
    .prepare<[string], string>(
      `select distinct file.value from message, json_each(message.files) as file
       where message.turn in (select value from json_each(?))`,
    )
    .pluck()
  const count = sql
    .prepare<[string], number>('select count(*) from message where turn in (select value from json_each(?))')
    .pluck()
  const remove = sql.prepare<[string]>('delete from turn where seq in (select value from json_each(?))')
  const isUsed = sql
    .prepare<[string, string], number>(
      `select 1 from message, json_each(message.files) as file where message.user_id = ? and file.value = ? limit 1`,
    )
    .pluck()

  return {
    /** `all`: nothing is left. `files`: what came with its messages. */
    some(userId: string, partner: string): { messages: number; files: string[]; all: boolean } {
      const doomed = turns.all(userId, partner)
      const numbers = JSON.stringify(doomed)
      const messages = count.get(numbers) ?? 0
      const files = filesOf.all(numbers)
      remove.run(numbers)
      return { messages, files, all: doomed.length < BATCH }
    },
    /** Whether a message of this person still has the file. */
    isUsed: (userId: string, file: string): boolean => isUsed.get(userId, file) === 1,
  }
}
