import { join } from 'node:path'
import { createApp } from './app.ts'
import { createPluginEdits } from './config/edit-plugins.ts'
import { createUserEdits } from './config/edit-users.ts'
import { type Home, REPOSITORY } from './home.ts'
import { auditRoutes } from './http/audit.ts'
import { channelRoutes } from './http/channels.ts'
import { chatRoutes, companionSettingsRoutes } from './http/chats.ts'
import { deliverRoutes } from './http/deliver.ts'
import type { Caller } from './http/env.ts'
import { inboundRoutes } from './http/inbound.ts'
import { inboxRoutes } from './http/inbox.ts'
import { jobRoutes } from './http/jobs.ts'
import { createKeys } from './http/keys.ts'
import { memoriesRoutes } from './http/memories.ts'
import { memoryRoutes } from './http/memory.ts'
import { modelRoutes } from './http/model.ts'
import { pageRoutes } from './http/page.ts'
import { companionEntries, pluginRoutes } from './http/plugins.ts'
import { scheduleRoutes } from './http/schedule.ts'
import { openSocket } from './http/socket.ts'
import { statusRoutes } from './http/status.ts'
import { supervisionRoutes } from './http/supervision.ts'
import { usersRoutes } from './http/users.ts'
import type { Parts } from './parts.ts'
import type { Plugins } from './plugins/plugins.ts'
import { createHttpServer } from './server.ts'
import { grantedTo, mayUseModel, mayUseNamespace } from './users/rights.ts'

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
    scheduler,
    memory,
    models,
    users,
    plugins,
    budget,
    audit,
    turns,
  } = parts
  const keys = createKeys({
    database,
    ownerKey,
    authEnabled: first.auth_enabled,
    pluginOf: plugins.authenticate,
    now: Date.now,
  })
  const allowedHosts = () => core().allowed_hosts
  const companions = () => core().companions
  const app = createApp({
    keys,
    allowedHosts,
    notReady: () => (isSettled() ? [] : ['plugins are starting']),
    routes: [
      auditRoutes(audit),
      inboundRoutes({ turns, log }),
      chatRoutes({ chats, marks, changes, plugins, companions }),
      companionSettingsRoutes({ plugins, companions }),
      statusRoutes(() => ({ model: models.status(), memory: memory !== undefined })),
      usersRoutes({ users, edit: createUserEdits({ home, env, live }) }),
      pluginRoutes({ plugins, companions }),
      inboxRoutes(delivery),
      channelRoutes(delivery.channels, outbound),
      deliverRoutes({ database, delivery, users, config: core }),
      memoriesRoutes(memory),
      memoryRoutes({
        memory,
        mayUse: (caller, namespace, turnToken) =>
          mayUseNamespace(caller, namespace, core(), servedBy(plugins, caller, turnToken)),
      }),
      modelRoutes({
        models,
        mayUse: (caller) => mayUseModel(caller, core()),
        open: async (caller, tokens) => {
          if (caller.kind !== 'plugin') return () => undefined
          const { plugin_id } = caller
          return budget.open(plugin_id, tokens, grantedTo(plugin_id, core())?.model ?? false)
        },
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

/** The memory of whoever this plugin is just answering. */
const servedBy = (plugins: Plugins, caller: Caller, turnToken: string | undefined): string | undefined =>
  caller.kind === 'plugin' ? plugins.namespaceServed(caller.plugin_id, turnToken) : undefined
