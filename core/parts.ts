import { join } from 'node:path'
import { createPrompts } from './assistant/prompt.ts'
import { createAssistant } from './assistant/system.ts'
import { createChatChanges } from './chats/changes.ts'
import { createReadMarks } from './chats/marks.ts'
import { createChats } from './chats/sqlite.ts'
import { nameOfPartner } from './companion.ts'
import { createDelivery } from './delivery/create.ts'
import { type Home, REPOSITORY } from './home.ts'
import { createMemory } from './memory/index.ts'
import { createModels } from './model/models.ts'
import { createAudit } from './plugins/audit.ts'
import { createOutbound } from './outbound.ts'
import { createBudget } from './plugins/budget.ts'
import { createPlugins } from './plugins/create.ts'
import { createQueues } from './queues.ts'
import { createSchedule } from './schedule/create.ts'
import { machineZone } from './schedule/zone.ts'
import { createTurns } from './turn.ts'
import { createUsers } from './users/identify.ts'
import { createWorkspace } from './workspace/workspace.ts'

export type Parts = ReturnType<typeof openParts>

/** What happens to a message. `port` is Core's own, once it listens. */
export function openParts(
  { env, home, folder, first, live, log, database, secret }: Home,
  port: () => number,
) {
  const core = () => live.current().core
  const changes = createChatChanges()
  const chats = createChats({ database, now: Date.now, log, onChange: changes.tell })
  const marks = createReadMarks(database)
  const outbound = createOutbound(() => core().plugin_hosts)
  const delivery = createDelivery({
    database,
    chats,
    nameOf: (partner) => nameOfPartner(core().companions, partner),
    outbound,
    now: Date.now,
    log,
  })
  const memory = first.memory.enabled
    ? createMemory({ database, folder: join(folder, 'lancedb'), log })
    : undefined
  const models = createModels({ config: () => core().model, log })
  const users = createUsers(live.current)
  const budget = createBudget({ database, now: Date.now, log })
  const audit = createAudit({ database, now: Date.now, log })
  const plugins = createPlugins({
    database,
    secret,
    config: core,
    outbound,
    folders: [...new Set([home, REPOSITORY])].map((folder) => join(folder, 'external_plugins')),
    home: { config: join(home, 'config'), database: folder },
    coreUrl: () => `http://127.0.0.1:${port()}`,
    environment: env,
    execPath: process.execPath,
    modelUse: budget.today,
    log,
  })
  const timeZoneOf = (userId: string): string =>
    users.get(userId)?.timezone ?? core().timezone ?? machineZone()
  const schedule = createSchedule({ database, chats, outbox: delivery, now: Date.now, timeZoneOf, log })
  const { jobs } = schedule
  const prompts = createPrompts({
    folder: join(home, 'config/prompts'),
    defaults: join(REPOSITORY, 'config/prompts'),
  })
  const turns = createTurns({
    users,
    chats,
    memory,
    plugins,
    assistant: createAssistant({ models, memory, prompts, log, now: () => new Date() }),
    workspace: createWorkspace(join(home, 'workspace'), Date.now),
    queues: createQueues(),
    companions: () => core().companions,
    secret,
    log,
  })
  const companions = () => core().companions
  const scheduler = schedule.scheduler({ turns, plugins, users, chats, memory, companions })
  return {
    core,
    outbound,
    chats,
    marks,
    changes,
    delivery,
    jobs,
    scheduler,
    memory,
    models,
    users,
    plugins,
    budget,
    audit,
    turns,
  }
}
