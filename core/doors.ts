import { join } from 'node:path'
import { COMPANION_USER } from '#contract'
import { createApp } from './app.ts'
import { createPluginEdits } from './config/edit-plugins.ts'
import { createUserEdits } from './config/edit-users.ts'
import type { CoreConfig } from './config/schema.ts'
import { type Home, REPOSITORY } from './home.ts'
import { auditRoutes } from './http/audit.ts'
import { channelRoutes } from './http/channels.ts'
import { chatRoutes, companionSettingsRoutes } from './http/chats.ts'
import { deliverRoutes } from './http/deliver.ts'
import type { Caller } from './http/env.ts'
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
export function openDoors(
  { env, home, first, live, log, database, ownerKey }: Home,
  parts: Parts,
  isSettled: () => boolean,
) {
  const {
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
    knowledge,
    models,
    users,
    tokens,
    plugins,
    budget,
    audit,
    turns,
    requests,
  } = parts
  const isUser = (id: string): boolean => users.get(id) !== undefined
  const sessions = createSessions({ database, ownerKey, isUser, now: Date.now })
  const codes = createPassCodes({ database, now: Date.now })
  const keys = createKeys({
    ownerKey,
    authEnabled: first.auth_enabled,
    sessions,
    pluginOf: plugins.authenticate,
    callerOfToken: tokens.callerOf,
  })
  const allowedHosts = () => core().allowed_hosts
  const companions = () => core().companions
  const app = createApp({
    keys,
    allowedHosts,
    notReady: () => (isSettled() ? [] : ['plugins are starting']),
    session: sessionRoutes({ keys, sessions, codes, users }),
    routes: [
      auditRoutes(audit),
      openApiRoutes(),
      inboundRoutes({ turns, requests, log }),
      chatRoutes({
        chats,
        marks,
        changes,
        turns,
        memory,
        plugins,
        companions,
        keepers: [delivery, requests],
      }),
      companionSettingsRoutes({ plugins, companions }),
      statusRoutes(() => ({ model: models.status(), memory: memory !== undefined })),
      usersRoutes({ users, edit: createUserEdits({ home, env, live }) }),
      codeRoutes({ codes, users, sessions }),
      tokenRoutes({ tokens, users }),
      pluginRoutes({ plugins, companions }),
      inboxRoutes(delivery),
      pushRoutes(delivery.push),
      channelRoutes(delivery.channels, outbound),
      deliverRoutes({ database, delivery, users, nudges, config: core }),
      nudgeRoutes({ nudges, config: core }),
      memoriesRoutes(memory),
      memoryStatusRoutes({ memory }),
      knowledgeRoutes({
        knowledge,
        known: (userId) => userId === COMPANION_USER || isUser(userId),
      }),
      memoryRoutes({ memory, knowledge, mayUse: memoryRight(plugins, core) }),
      modelRoutes({
        models,
        mayUse: (caller) => mayUseModel(caller, core()),
        open: spendingOf(budget, core),
        log,
      }),
      supervisionRoutes({ plugins, edits: createPluginEdits({ home, env, live }) }),
      jobRoutes({ jobs, scheduler, plugins, users }),
      scheduleRoutes({ jobs, plugins, users, config: core }),
    ],
    page: pageRoutes({ dist: join(REPOSITORY, 'channels/webchat/dist') }),
    log,
  })
  const server = createHttpServer(app)
  const socket = openSocket({
    server,
    turns,
    inbox: delivery,
    keys,
    allowedHosts,
    companions: () => companionEntries(plugins, companions()),
    onCompanions: plugins.onChange,
    onChats: changes.listen,
    log,
  })
  return { server, socket }
}

/** Whose memory a caller may use: what core.yml says, and for a plugin granted `users` that of whoever it is just answering. */
const memoryRight =
  (plugins: Plugins, config: () => CoreConfig) =>
  (caller: Caller, namespace: string, turnToken: string | undefined): boolean => {
    const served = caller.kind === 'plugin' ? plugins.namespaceServed(caller.plugin_id, turnToken) : undefined
    return mayUseNamespace(caller, namespace, config(), served)
  }
