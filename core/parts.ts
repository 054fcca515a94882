import { join } from 'node:path'
import { COMPANION_USER } from '#contract'
import { createCapabilities } from './assistant/capabilities.ts'
import { createPending } from './assistant/pending.ts'
import { createPrompts } from './assistant/prompt.ts'
import { createAssistant } from './assistant/system.ts'
import { createChatChanges } from './chats/changes.ts'
import { createReadMarks } from './chats/marks.ts'
import { createChats } from './chats/sqlite.ts'
import { nameOfPartner } from './companion.ts'
import type { LiveConfig } from './config/live.ts'
import type { CoreConfig } from './config/schema.ts'
import { createDelivery } from './delivery/create.ts'
import { type Home, REPOSITORY } from './home.ts'
import { chooseEmbedders } from './memory/embedders/choose.ts'
import { createFacts } from './facts/create.ts'
import { createKnowledge } from './knowledge/create.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import { createMemory } from './memory/index.ts'
import type { Memory } from './memory/memory.ts'
import { createModels } from './model/models.ts'
import { createNudges } from './nudges/nudges.ts'
import { createAudit } from './plugins/audit.ts'
import { createOutbound, type Outbound } from './outbound.ts'
import { createBudget } from './plugins/budget.ts'
import { createPlugins } from './plugins/create.ts'
import { createQueues } from './queues.ts'
import { recognize } from './recognize.ts'
import { createRequests } from './requests/requests.ts'
import { createSchedule } from './schedule/create.ts'
import { machineZone } from './schedule/zone.ts'
import { createTurns } from './turn.ts'
import { createUsers } from './users/identify.ts'
import { createAccessTokens } from './users/tokens.ts'
import { createWorkspace, knowledgeFolder } from './workspace/workspace.ts'

export type Parts = ReturnType<typeof openParts>

/** What happens to a message. `port` is Core's own, once it listens. */
export function openParts(home: Home, port: () => number) {
  const { live, log, database, secret } = home
  const core = () => live.current().core
  const outbound = createOutbound(() => core().plugin_hosts)
  const { users, isUser, timeZoneOf, tokens } = openPeople(home)
  const { chats, marks, changes, delivery } = openChats(home, { core, outbound })
  const memory = openMemory(home)
  const models = createModels({ config: () => core().model, log })
  const { budget, audit, plugins } = openPlugins(home, { core, outbound, port })
  const schedule = createSchedule({ database, chats, outbox: delivery, now: Date.now, timeZoneOf, log })
  const { jobs } = schedule
  const nudges = createNudges({ database, now: Date.now, timeZoneOf })
  const prompts = createPrompts({
    folder: join(home.home, 'config/prompts'),
    defaults: join(REPOSITORY, 'config/prompts'),
  })
  const pending = createPending({ database, now: Date.now })
  const capabilities = createCapabilities({ plugins, config: core, pending, log })
  const facts = memory && createFacts({ database, memory, models, prompt: prompts.facts, log })
  const folderOf = (userId: string): string => knowledgeFolder(join(home.home, 'workspace'), userId)
  const knowledge = memory && createKnowledge({ database, memory, folderOf, log })
  const workspace = createWorkspace(join(home.home, 'workspace'), Date.now)
  const recognizing = { users, companions: () => core().companions, secret }
  const turns = createTurns({
    ...recognizing,
    chats,
    memory,
    facts,
    knowledge,
    plugins,
    nudges,
    assistant: createAssistant({
      models,
      memory,
      knowledge,
      jobs,
      timeZoneOf,
      capabilities,
      prompts,
      log,
      now: () => new Date(),
    }),
    workspace,
    queues: createQueues(),
    outbox: delivery,
    log,
  })
  const requests = createRequests({
    database,
    turns,
    inbox: delivery,
    recognize: (message, caller) => recognize(recognizing, message, caller),
    now: Date.now,
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
    nudges,
    scheduler,
    memory,
    facts,
    knowledge,
    models,
    users,
    isUser,
    tokens,
    plugins,
    budget,
    audit,
    turns,
    workspace,
    requests,
  }
}

/** The people of user.yml, and the tokens that act for them. */
function openPeople({ live, database }: Home) {
  const users = createUsers(live.current)
  const isUser = (id: string): boolean => users.get(id) !== undefined
  const timeZoneOf = (userId: string): string =>
    users.get(userId)?.timezone ?? live.current().core.timezone ?? machineZone()
  return { users, isUser, timeZoneOf, tokens: createAccessTokens({ database, isUser, now: Date.now }) }
}

/** What was said, and what is to be said to people without being asked. */
function openChats(
  { database, pushKeys, log }: Home,
  { core, outbound }: { core: () => CoreConfig; outbound: Outbound },
) {
  const changes = createChatChanges()
  const chats = createChats({ database, now: Date.now, log, onChange: changes.tell })
  const delivery = createDelivery({
    database,
    chats,
    nameOf: (partner) => nameOfPartner(core().companions, partner),
    outbound,
    pushKeys,
    now: Date.now,
    log,
  })
  return { chats, marks: createReadMarks(database), changes, delivery }
}

/** Undefined when core.yml says so. */
function openMemory({ first, home, folder, database, log }: Home): Memory | undefined {
  if (!first.memory.enabled) return undefined
  const embedders = chooseEmbedders({ config: first.memory, home, models: join(folder, 'models'), log })
  return createMemory({ database, folder: join(folder, 'lancedb'), log, embedders })
}

/** The plugins, and what is counted and written down of them. */
function openPlugins(
  { env, home, folder, database, secret, log }: Home,
  { core, outbound, port }: { core: () => CoreConfig; outbound: Outbound; port: () => number },
) {
  const budget = createBudget({ database, now: Date.now, log })
  const audit = createAudit({ database, now: Date.now, log })
  const plugins = createPlugins({
    database,
    secret,
    config: core,
    outbound,
    folders: [...new Set([home, REPOSITORY])].map((root) => join(root, 'external_plugins')),
    home: { config: join(home, 'config'), database: folder },
    coreUrl: () => `http://127.0.0.1:${port()}`,
    environment: env,
    execPath: process.execPath,
    modelUse: budget.today,
    log,
  })
  return { budget, audit, plugins }
}

/** Lets knowledge follow the people of user.yml; gives what ends it. */
export function watchKnowledge(knowledge: Knowledge | undefined, live: LiveConfig): () => void {
  const watch = (): void => knowledge?.watch([COMPANION_USER, ...live.current().users.map(({ id }) => id)])
  watch()
  return live.onChange(watch)
}
