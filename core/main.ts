import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ConfigError } from './config/faults.ts'
import { openDoors } from './doors.ts'
import { codes, isOfMachine } from './errors.ts'
import { greeting } from './greeting.ts'
<<<<<<< HEAD
import { auditRoutes } from './http/audit.ts'
import { chatRoutes, companionSettingsRoutes } from './http/chats.ts'
import { inboundRoutes } from './http/inbound.ts'
import type { Caller } from './http/env.ts'
import { createKeys, keyMigrations } from './http/keys.ts'
import { memoriesRoutes } from './http/memories.ts'
import { memoryRoutes } from './http/memory.ts'
import { modelRoutes } from './http/model.ts'
import { pageRoutes } from './http/page.ts'
import { companionEntries, pluginRoutes } from './http/plugins.ts'
import { openSocket } from './http/socket.ts'
import { supervisionRoutes } from './http/supervision.ts'
import { statusRoutes } from './http/status.ts'
import { usersRoutes } from './http/users.ts'
import { lockHome } from './lock.ts'
import { createLog } from './log.ts'
import { createMemory, memoryMigrations, memorySourceMigrations } from './memory/index.ts'
import { createModels } from './model/models.ts'
import { createAudit } from './plugins/audit.ts'
import { createBudget } from './plugins/budget.ts'
import { createPlugins, pluginMigrations } from './plugins/create.ts'
import type { Plugins } from './plugins/plugins.ts'
import { createQueues } from './queues.ts'
import { coreSecretOf, ownerKeyOf } from './secrets.ts'
import { createHttpServer, listen, portOf, stopListening } from './server.ts'
import { createTurns } from './turn.ts'
import { createUsers } from './users/identify.ts'
import { grantedTo, mayUseModel, mayUseNamespace } from './users/rights.ts'
import { createWorkspace } from './workspace/workspace.ts'
=======
import { homeOf, openHome } from './home.ts'
import { companionEntries } from './http/plugins.ts'
import { openParts } from './parts.ts'
import { listen, portOf, stopListening } from './server.ts'
>>>>>>> main

/** How long running turns may take to end when Core stops, in ms. */
const DRAIN = 1_500
/** After this, Core ends whatever is still open, in ms. */
const LATEST_END = 4_500
const EXIT_CONFIG = 78

<<<<<<< HEAD
type Home = Awaited<ReturnType<typeof openHome>>
type Parts = ReturnType<typeof openParts>

const homeOf = (env: NodeJS.ProcessEnv): string => resolve(env['HOMECLAW_HOME'] || REPOSITORY)

/** What lies on disk: configuration, keys, the database. */
async function openHome(env: NodeJS.ProcessEnv) {
  const home = homeOf(env)
  const folder = join(home, 'database')
  await prepareHome(home, join(REPOSITORY, 'config'))
  const first = loadConfig(home, env)
  const log = createLog(first.core.log_level)
  const lock = lockHome(join(folder, 'core.lock'))
  const migrations = [
    ...chatMigrations,
    ...memoryMigrations,
    ...memorySourceMigrations,
    ...pluginMigrations,
    ...keyMigrations,
    ...deliveryMigrations,
  ]
  const database = openDatabase(join(folder, 'core.db'), migrations)
  env['TMPDIR'] = await emptyScratch(join(folder, 'scratch'))
  const live = watchConfig({ home, env, log, first })
  const secret = coreSecretOf(folder)
  const ownerKey = ownerKeyOf(folder, first.core.auth_api_key)
  return { env, home, folder, first: first.core, live, log, lock, database, secret, ownerKey }
}

/** LanceDB leaves a folder for each process in TMPDIR. Here the next start removes it. */
async function emptyScratch(scratch: string): Promise<string> {
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { recursive: true })
  return scratch
}

/** What happens to a message. `port` is Core's own, once it listens. */
function openParts({ env, home, folder, first, live, log, database, secret }: Home, port: () => number) {
  const core = () => live.current().core
  const chats = createChats({ database, now: Date.now, log })
  const delivery = createDelivery({ database, chats, now: Date.now })
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
    folders: [...new Set([home, REPOSITORY])].map((folder) => join(folder, 'external_plugins')),
    home: { config: join(home, 'config'), database: folder },
    coreUrl: () => `http://127.0.0.1:${port()}`,
    environment: env,
    execPath: process.execPath,
    modelUse: budget.today,
    log,
  })
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
  return { core, chats, delivery, memory, models, users, plugins, budget, audit, turns }
}

/** Core's doors: HTTP and the socket, not open yet. */
function openDoors(
  { env, home, first, live, log, database, ownerKey }: Home,
  parts: Parts,
  isSettled: () => boolean,
) {
  const { core, chats, memory, models, users, plugins, budget, audit, turns } = parts
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
      chatRoutes({ chats, plugins, companions }),
      companionSettingsRoutes({ plugins, companions }),
      statusRoutes(() => ({ model: models.status(), memory: memory !== undefined })),
      usersRoutes({ users, edit: createUserEdits({ home, env, live }) }),
      pluginRoutes({ plugins, companions }),
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
    ],
    page: pageRoutes({ dist: join(REPOSITORY, 'channels/webchat/dist') }),
    log,
  })
  const server = createHttpServer(app)
  const socket = openSocket({
    server,
    turns,
    keys,
    allowedHosts,
    companions: () => companionEntries(plugins, companions()),
    onCompanions: plugins.onChange,
    log,
  })
  return { server, socket }
}

/** The memory of whoever this plugin is just answering. */
const servedBy = (plugins: Plugins, caller: Caller, turnToken: string | undefined): string | undefined =>
  caller.kind === 'plugin' ? plugins.namespaceServed(caller.plugin_id, turnToken) : undefined

=======
>>>>>>> main
/** Opens everything, in the order in which one needs the other. Gives what closes it, in reverse. */
async function openCore(env: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  const home = await openHome(env)
  const { live, first, database, lock, ownerKey } = home
  let settled = false
  const parts = openParts(home, () => portOf(server))
  const { server, socket } = openDoors(home, parts, () => settled)
  const { chats, delivery, scheduler, plugins, turns, models, memory, audit, core } = parts
  await chats.failInterrupted({ code: 'interrupted', detail: codes.interrupted[1] })
  await listen(server, first.port, first.host)
  await delivery.start()
  plugins.applyConfig()
  const stopFollowing = live.onChange(plugins.applyConfig)
  await plugins.settled()
  settled = true
  scheduler.start()
  const companions = companionEntries(plugins, core().companions)
  const url = `http://${first.host.includes(':') ? `[${first.host}]` : first.host}:${portOf(server)}`
  process.stdout.write(
    greeting({ url, ownerKey, authEnabled: first.auth_enabled, companions, model: models.status() }),
  )

  return async () => {
    stopFollowing()
    socket.close()
    const scheduled = scheduler.close()
    await turns.close(DRAIN)
    await scheduled
    await delivery.close()
    const served = stopListening(server)
    await Promise.all([plugins.close(), models.close(), memory?.close()])
    await audit.close()
    server.closeAllConnections()
    await served
    live.close()
    chats.close()
    database.close()
    lock.release()
  }
}

/** Stops at most once, whoever asks: a signal, the launcher's end, a bug. */
function stopWhenAsked(close: () => Promise<void>): void {
  let stopping = false
  const stop = (code: number): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(code || 1), LATEST_END).unref()
    close().then(
      () => process.exit(code),
      (error: unknown) => fail(error, 1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))
  process.on('disconnect', () => stop(0))
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack}\n`)
    stop(1)
  })
}

/** What only the start needed is a sixth of the memory of an idle Core (measured). */
function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')({ type: 'major', flavor: 'last-resort' })
}

function fail(error: unknown, code: number): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(code)
}

try {
  stopWhenAsked(await openCore(process.env))
  flushCompileCache()
  setTimeout(giveBackMemory, 2_000).unref()
} catch (error) {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(EXIT_CONFIG)
  }
  if (isOfMachine(error)) {
    process.stderr.write(`HomeClaw cannot start in ${homeOf(process.env)}: ${error.message}\n`)
    process.exit(1)
  }
  fail(error, 1)
}
