import { createServer } from 'node:http'
import { join } from 'node:path'
import { openDatabase } from '../../../core/database.ts'
import { tellPort, textOf } from './listening.ts'

/** The raw echo that stores what it was sent before it answers: one durable row, with Core's own group commit. */
const database = openDatabase(join(process.argv[2] ?? '.', 'echo.db'), [
  { id: 'echo', sql: 'create table said (id integer primary key, text text not null) strict' },
])
const insert = database.sql.prepare('insert into said (text) values (?)')

await tellPort(
  createServer(async (incoming, response) => {
    const { text } = JSON.parse(await textOf(incoming))
    await database.write(() => insert.run(text))
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ text }))
  }),
)
