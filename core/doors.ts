import { join } from 'node:path'
import { COMPANION_USER } from '#contract'
import { createApp } from './app.ts'
import { type Belongings, createBelongings } from './belongings/belongings.ts'
import { createKept } from './belongings/kept.ts'
import { ownTables } from './belongings/own-tables.ts'
import { createRows } from './belongings/rows.ts'
import { createPluginEdits } from './config/edit-plugins.ts'
import { createUserEdits } from './config/edit-users.ts'
import type { CoreConfig } from './config/schema.ts'
import { type Home, REPOSITORY } from './home.ts'
import { auditRoutes } from './http/audit.ts'
import { channelRoutes } from './http/channels.ts'
import { chatRoutes, companionSettingsRoutes } from './http/chats.ts'
import { dataRoutes } from './http/data.ts'
import { deliverRoutes } from './http/deliver.ts'
import type { Caller } from './http/env.ts'
import { fileRoutes } from './http/files.ts'
import { inboundRoutes } from './http/inbound.ts'
import { inboxRoutes } from './http/inbox.ts'
import { jobRoutes } from './http/jobs.ts'
import { codeRoutes } from './http/codes.ts'
import { createKeys } from './http/keys.ts'
import { sessionRoutes } from './http/session.ts'
import { createSessions } from './http/sessions.ts'
import { createPassCodes } from './users/codes.ts'
import { knowledgeRoutes } from './http/knowledge.ts'
import { memoriesRoutes } from './http/memories.ts'
import { memoryRoutes } from './http/memory.ts'
import { memoryStatusRoutes } from './http/memory-status.ts'
import { modelRoutes } from './http/model.ts'
import { openApiRoutes } from './http/openapi.ts'
import { nudgeRoutes } from './http/nudges.ts'
import { pageRoutes } from './http/page.ts'
import { pictureRoutes } from './http/pictures.ts'
import { pushRoutes } from './http/push.ts'
import { companionEntries, pluginRoutes } from './http/plugins.ts'
import { scheduleRoutes } from './http/schedule.ts'
import { openSocket } from './http/socket.ts'
import { statusRoutes } from './http/status.ts'
import { supervisionRoutes } from './http/supervision.ts'
import { tokenRoutes } from './http/tokens.ts'
import { usersRoutes } from './http/users.ts'
import type { Parts } from './parts.ts'
import { spendingOf } from './plugins/budget.ts'
import type { Plugins } from './plugins/plugins.ts'
import { createHttpServer } from './server.ts'
import { mayUseModel, mayUseNamespace } from './users/rights.ts'

/** Core's doors: HTTP and the socket, not open yet. */
export function openDoors(home: Home, parts: Parts, isSettled: () => boolean) {
  const { core, plugins, turns, delivery, changes, users } = parts
  const gate = openGate(home, parts)
  const { keys } = gate
  const allowedHosts = () => core().allowed_hosts
  const app = createApp({
    keys,
    allowedHosts,
    notReady: () => (isSettled() ? [] : ['plugins are starting']),
    session: sessionRoutes({ ...gate, users }),
    routes: [
      auditRoutes(parts.audit),
      ...peopleRoutes(home, parts, gate),
      ...keepingRoutes(home, parts),
      dataRoutes(openBelongings(home, parts, gate)),
      ...callbackRoutes(home, parts),
    ],
    page: pageRoutes({ dist: join(REPOSITORY, 'channels/webchat/dist') }),
    log: home.log,
  })
  const server = createHttpServer(app)
  const socket = openSocket({
    server,
    turns,
    inbox: delivery,
    keys,
    allowedHosts,
    companions: () => companionEntries(plugins, core().companions),
    onCompanions: plugins.onChange,
    onChats: changes.listen,
    onLogOut: gate.sessions.onEnd,
    log: home.log,
  })
  return { server, socket }
}

/** Who may come in. */
function openGate({ first, database, ownerKey }: Home, { isUser, plugins, tokens }: Parts) {
  const sessions = createSessions({ database, ownerKey, isUser, now: Date.now })
  const keys = createKeys({
    ownerKey,
    authEnabled: first.auth_enabled,
    sessions,
    pluginOf: plugins.authenticate,
    callerOfToken: tokens.callerOf,
  })
  return { sessions, keys, codes: createPassCodes({ database, now: Date.now }) }
}

/** Messages and chats, people and friends. */
function peopleRoutes({ env, home, live, log }: Home, parts: Parts, gate: ReturnType<typeof openGate>) {
  const { core, chats, marks, changes, delivery, memory, models, users, tokens, plugins, turns, requests } =
    parts
  const companions = () => core().companions
  return [
    inboundRoutes({ turns, requests, log }),
    chatRoutes({ chats, marks, changes, turns, memory, plugins, companions, keepers: [delivery, requests] }),
    companionSettingsRoutes({ plugins, companions }),
    fileRoutes(parts),
    pictureRoutes({ companions, folder: join(home, 'config') }),
    statusRoutes(() => ({ model: models.status(), memory: memory !== undefined })),
    usersRoutes({ users, edit: createUserEdits({ home, env, live }) }),
    codeRoutes({ ...gate, users }),
    tokenRoutes({ tokens, users }),
    openApiRoutes(),
  ]
}

/** What is kept for people: what waits for them, what is remembered, what is planned. */
function keepingRoutes({ database }: Home, parts: Parts) {
  const { core, outbound, delivery, jobs, nudges, scheduler, memory, knowledge, users, isUser, plugins } =
    parts
  return [
    inboxRoutes(delivery),
    pushRoutes(delivery.push),
    channelRoutes(delivery.channels, outbound),
    deliverRoutes({ database, delivery, users, nudges, config: core }),
    nudgeRoutes({ nudges, config: core }),
    memoriesRoutes(memory),
    memoryStatusRoutes({ memory }),
    knowledgeRoutes({ knowledge, known: (userId) => userId === COMPANION_USER || isUser(userId) }),
    jobRoutes({ jobs, scheduler, plugins, users }),
    scheduleRoutes({ jobs, plugins, users, config: core }),
  ]
}

/** Everything of a person at once. */
function openBelongings(
  { database }: Home,
  parts: Parts,
  { sessions }: ReturnType<typeof openGate>,
): Belongings {
  const companions = () => parts.core().companions
  return createBelongings({
    ...parts,
    database,
    sessions,
    companions,
    rows: createRows(database.sql, ownTables),
    kept: createKept({ plugins: parts.plugins, companions }),
    now: Date.now,
  })
}

/** Plugins: which there are, and what they call. */
function callbackRoutes({ env, home, live, log }: Home, parts: Parts) {
  const { core, memory, knowledge, models, plugins, budget } = parts
  return [
    pluginRoutes({ plugins, companions: () => core().companions }),
    supervisionRoutes({ plugins, edits: createPluginEdits({ home, env, live }) }),
    memoryRoutes({ memory, knowledge, mayUse: memoryRight(plugins, core) }),
    modelRoutes({
      models,
      mayUse: (caller) => mayUseModel(caller, core()),
      open: spendingOf(budget, core),
      log,
    }),
  ]
}

/** Whose memory a caller may use: what core.yml says, and for a plugin granted `users` that of whoever it is just answering. */
const memoryRight =
  (plugins: Plugins, config: () => CoreConfig) =>
  (caller: Caller, namespace: string, turnToken: string | undefined): boolean => {
    const served = caller.kind === 'plugin' ? plugins.namespaceServed(caller.plugin_id, turnToken) : undefined
    return mayUseNamespace(caller, namespace, config(), served)
  }
