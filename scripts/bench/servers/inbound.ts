import { join } from 'node:path'
import { Hono } from 'hono'
import { createApp } from '../../../core/app.ts'
import type { Chats } from '../../../core/chats/chats.ts'
import { chatMigrations } from '../../../core/chats/schema.ts'
import { createRecent } from '../../../core/chats/recent.ts'
import { createChats } from '../../../core/chats/sqlite.ts'
import { parseConfig } from '../../../core/config/load.ts'
import { type Database, openDatabase } from '../../../core/database.ts'
import { deliveryMigrations } from '../../../core/delivery/schema.ts'
import { inboundRoutes } from '../../../core/http/inbound.ts'
import { createKeys } from '../../../core/http/keys.ts'
import { createSessions, sessionMigrations } from '../../../core/http/sessions.ts'
import { createLog } from '../../../core/log.ts'
import { createOutbound } from '../../../core/outbound.ts'
import { createPlugins, pluginMigrations } from '../../../core/plugins/create.ts'
import { createQueues } from '../../../core/queues.ts'
import { recognize } from '../../../core/recognize.ts'
import { createRequests } from '../../../core/requests/requests.ts'
import { requestMigrations } from '../../../core/requests/schema.ts'
import { createHttpServer } from '../../../core/server.ts'
import { createTurns } from '../../../core/turn.ts'
import { createUsers } from '../../../core/users/identify.ts'
import { createWorkspace } from '../../../core/workspace/workspace.ts'
import { tellPort } from './listening.ts'

/**
 * `/inbound` as Core has it, with System answering at once: `inbound <folder> durable` stores each message and reply as
 * Core does, `inbound <folder> memory` keeps them in memory. What differs between the two is the price of durability.
 */
const [folder = '.', kind, key = ''] = process.argv.slice(2)

const users = Array.from({ length: 64 }, (_, number) => ({ id: `person${number}`, name: `Person ${number}` }))
const config = parseConfig({ core: 'model: none', users: JSON.stringify({ users }) }, {})
const log = createLog('warn')
const database = openDatabase(kind === 'durable' ? join(folder, 'core.db') : ':memory:', [
  ...chatMigrations,
  ...sessionMigrations,
  ...pluginMigrations,
  ...requestMigrations,
  ...deliveryMigrations,
])
const plugins = createPlugins({
  database,
  secret: key,
  config: () => config.core,
  outbound: createOutbound(() => []),
  folders: [],
  home: { config: folder, database: folder },
  coreUrl: () => '',
  environment: {},
  execPath: process.execPath,
  modelUse: () => ({ calls: 0, tokens: 0 }),
  log,
})
const known = createUsers(() => config)
const turns = createTurns({
  users: known,
  companions: () => [],
  secret: 'bench',
  chats: kind === 'durable' ? createChats({ database, now: Date.now, log }) : createChatsInMemory(database),
  memory: undefined,
  facts: undefined,
  knowledge: undefined,
  nudges: { hear: async () => undefined },
  plugins,
  assistant: {
    answer: async ({ text }) => ({ text: `Noted: ${text}`, format: 'plain', forgot: false, tools: [] }),
  },
  workspace: createWorkspace(folder, Date.now),
  queues: createQueues(),
  outbox: { enqueue: () => '', withdraw: async () => {} },
  log,
})
const keys = createKeys({
  ownerKey: key,
  authEnabled: true,
  sessions: createSessions({ database, ownerKey: key, isUser: () => true, now: Date.now }),
  pluginOf: () => undefined,
  callerOfToken: () => undefined,
})

const requests = createRequests({
  database,
  turns,
  inbox: { withdraw: async () => {} },
  recognize: (message, caller) =>
    recognize({ users: known, companions: () => [], secret: 'bench' }, message, caller),
  now: Date.now,
  log,
})

await tellPort(
  createHttpServer(
    createApp({
      keys,
      allowedHosts: () => [],
      notReady: () => [],
      session: new Hono(),
      routes: [inboundRoutes({ turns, requests, log })],
      page: new Hono(),
      log,
    }),
  ),
)

/** What a turn needs of chats, with nothing on disk and no SQL. */
function createChatsInMemory(empty: Database): Chats {
  const recent = createRecent(() => [])
  return {
    ...createChats({ database: empty, now: Date.now, log }),
    async begin({ user_id, partner, message_id, message }) {
      const id = crypto.randomUUID()
      const said = message && { ...message, at: Date.now() }
      return {
        state: 'run',
        turn: { id, message_id: message_id ?? id, user_id, partner, message: said, isVersion: false },
      }
    },
    complete: async (turn, { text }) => recent.answered(turn, text, Date.now()),
    fail: async () => {},
    recent: recent.of,
    location: () => undefined,
  }
}
