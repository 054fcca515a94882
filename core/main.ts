import { flushCompileCache } from 'node:module'
import { ConfigError } from './config/faults.ts'
import { openDoors } from './doors.ts'
import { codes, isOfMachine } from './errors.ts'
import { expectShortLives, giveBackMemory } from './garbage.ts'
import { greeting } from './greeting.ts'
import { homeOf, openHome } from './home.ts'
import { companionEntries } from './http/plugins.ts'
import { openParts, watchKnowledge } from './parts.ts'
import { listen, portOf, stopListening } from './server.ts'

/** How long running turns may take to end when Core stops, in ms. */
const DRAIN = 1_500
/** After this, Core ends whatever is still open, in ms. */
const LATEST_END = 4_500
const EXIT_CONFIG = 78

/** Opens everything, in the order in which one needs the other. Gives what closes it, in reverse. */
async function openCore(env: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  const home = await openHome(env)
  const { live, first, database, lock, ownerKey } = home
  let settled = false
  const parts = openParts(home, () => portOf(server))
  const { server, socket } = openDoors(home, parts, () => settled)
  const { chats, delivery, scheduler, plugins, turns, requests, models, memory, audit, core } = parts
  await chats.failInterrupted({ code: 'interrupted', detail: codes.interrupted[1] })
  await listen(server, first.port, first.host)
  await delivery.start()
  plugins.applyConfig()
  const stopWatching = watchKnowledge(parts.knowledge, live)
  const stopFollowing = live.onChange(plugins.applyConfig)
  await plugins.settled()
  settled = true
  await requests.start()
  scheduler.start()
  const companions = companionEntries(plugins, core().companions)
  const url = `http://${first.host.includes(':') ? `[${first.host}]` : first.host}:${portOf(server)}`
  process.stdout.write(
    greeting({ url, ownerKey, authEnabled: first.auth_enabled, companions, model: models.status() }),
  )

  return async () => {
    stopFollowing()
    stopWatching()
    socket.close()
    const scheduled = scheduler.close()
    await turns.close(DRAIN)
    await scheduled
    requests.close()
    await delivery.close()
    const served = stopListening(server)
    await Promise.all([parts.facts?.close(), parts.knowledge?.close()])
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

function fail(error: unknown, code: number): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(code)
}

try {
  expectShortLives()
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
