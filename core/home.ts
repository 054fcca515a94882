import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pendingMigration } from './assistant/pending.ts'
import { markMigrations } from './chats/marks.ts'
import { chatMigrations } from './chats/schema.ts'
import { prepareHome } from './config/files.ts'
import { watchConfig } from './config/live.ts'
import { loadConfig } from './config/load.ts'
import { openDatabase } from './database.ts'
import { deliveryMigrations } from './delivery/schema.ts'
import { sessionMigrations } from './http/sessions.ts'
import { factMigrations } from './facts/queue.ts'
import { knowledgeMigrations } from './knowledge/files.ts'
import { lockHome } from './lock.ts'
import { createLog } from './log.ts'
import { memoryMigrations, memorySourceMigrations } from './memory/index.ts'
import { pluginMigrations } from './plugins/create.ts'
import { requestMigrations } from './requests/schema.ts'
import { nudgeMigrations } from './nudges/schema.ts'
import { scheduleMigrations } from './schedule/schema.ts'
import { pushMigrations } from './delivery/push/schema.ts'
import { coreSecretOf, ownerKeyOf, pushKeysOf } from './secrets.ts'
import { passCodeMigration } from './users/codes.ts'
import { accessTokenMigration } from './users/tokens.ts'

/** Where the program lies. */
export const REPOSITORY = resolve(import.meta.dirname, '..')

export type Home = Awaited<ReturnType<typeof openHome>>

/** Where configuration, database and workspace lie. */
export const homeOf = (env: NodeJS.ProcessEnv): string => resolve(env['HOMECLAW_HOME'] || REPOSITORY)

/** What lies on disk: configuration, keys, the database. */
export async function openHome(env: NodeJS.ProcessEnv) {
  const home = homeOf(env)
  const folder = join(home, 'database')
  await prepareHome(home, join(REPOSITORY, 'config'))
  const first = loadConfig(home, env)
  const log = createLog(first.core.log_level)
  const lock = lockHome(join(folder, 'core.lock'))
  const migrations = [
    ...chatMigrations,
    ...markMigrations,
    ...memoryMigrations,
    ...memorySourceMigrations,
    ...factMigrations,
    ...knowledgeMigrations,
    ...pluginMigrations,
    ...sessionMigrations,
    passCodeMigration,
    ...deliveryMigrations,
    ...pushMigrations,
    ...requestMigrations,
    ...scheduleMigrations,
    ...nudgeMigrations,
    pendingMigration,
    accessTokenMigration,
  ]
  const database = openDatabase(join(folder, 'core.db'), migrations)
  env['TMPDIR'] = await emptyScratch(join(folder, 'scratch'))
  const live = watchConfig({ home, env, log, first })
  const secret = coreSecretOf(folder)
  const pushKeys = pushKeysOf(folder)
  const ownerKey = ownerKeyOf(folder, first.core.auth_api_key)
  return { env, home, folder, first: first.core, live, log, lock, database, secret, pushKeys, ownerKey }
}

/** LanceDB leaves a folder for each process in TMPDIR. Here the next start removes it. */
async function emptyScratch(scratch: string): Promise<string> {
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { recursive: true })
  return scratch
}
