import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Pool } from 'undici'
import { chatMigrations } from '../../../core/chats/schema.ts'
import { openDatabase } from '../../../core/database.ts'
import { tellPort, textOf } from './listening.ts'

/**
 * `least <folder> <address of the plugin>`: the least that a message costs which a plugin answers and which is stored,
 * with the libraries that Core has. The plugin gets the last ten exchanges; nobody is checked, nothing is remembered.
 */
const [folder = '.', plugin = ''] = process.argv.slice(2)
const MESSAGES = 20

const database = openDatabase(join(folder, 'least.db'), chatMigrations)
const insertTurn = database.sql
  .prepare(
    `insert into turn (id, message_id, partner, hash, user_id, channel, app_id, status, reply, started_at, ended_at)
     values (@id, @id, 'echo', '', @user_id, 'webchat', '', 'answered', '{}', @at, @at) returning seq`,
  )
  .pluck()
const insertMessage = database.sql.prepare(
  `insert into message (turn, user_id, partner, role, text, channel, files, at) values (?, ?, 'echo', ?, ?, 'webchat', '[]', ?)`,
)
const histories = new Map<string, object[]>()
const pool = new Pool(plugin, { connections: 64 })

await tellPort(
  createServer(async (incoming, response) => {
    const { user_id, text: user_input } = JSON.parse(await textOf(incoming))
    const id = randomUUID()
    const history = histories.get(user_id) ?? []
    const answer = await pool.request({
      method: 'POST',
      path: '/run',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        request_id: id,
        plugin_id: 'echo',
        user_input,
        user_id,
        capability_id: 'chat',
        metadata: { history },
      }),
    })
    const { text } = JSON.parse(await answer.body.text())
    const at = Date.now()
    await database.write(() => {
      const turn = insertTurn.get({ id, user_id, at })
      insertMessage.run(turn, user_id, 'user', user_input, at)
      insertMessage.run(turn, user_id, 'assistant', text, at)
    })
    const asked = { role: 'user', text: user_input, at: new Date(at) }
    const answered = { role: 'assistant', text, at: new Date(at) }
    histories.set(user_id, [...history, asked, answered].slice(-MESSAGES))
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ text, request_id: id }))
  }),
)
